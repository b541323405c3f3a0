// Is a Redis reached whose certificate is of an authority of one's own, and refused without it?
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { startTlsProxy } from '@orderpipeline/cluster/testing'
import { trustAuthorities } from '@orderpipeline/config'
import { eventually } from '@orderpipeline/retry/testing'
import { silentLogger } from '@orderpipeline/process'
import { ownRedis } from '@orderpipeline/test-support/own-redis'
import { createRedis } from '../src/redis.ts'

const publicAuthorities = getCACertificates('default')
afterEach(() => setDefaultCACertificates(publicAuthorities))

test('a Redis is trusted by TLS_CA', async () => {
  const server = await ownRedis()
  const proxy = await startTlsProxy(Number(new URL(server.url).port))
  const url = `rediss://localhost:${proxy.port}`
  const redis = createRedis({ url, timeoutMs: 5_000, logger: silentLogger() })
  const error = await new Promise<Error>((resolve) => redis.once('error', resolve))
  expect(error.message).toContain('certificate')
  trustAuthorities({ TLS_CA: proxy.ca })
  await eventually('Redis answers', async () => (await redis.ping().catch(() => undefined)) === 'PONG')
  redis.disconnect()
  await proxy.close()
  await server.close()
})
