import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { inProcessHost, kubeconfig, persistedPorts, startKafka } from '../../src/testing/index.ts'
import type { ProcessHost } from '../../src/process/host.ts'
import { startTopicOperator } from '../../src/topic-operator/index.ts'
import { namespaceOf } from './stand-in.ts'

let dir: string
let host: ProcessHost
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'topic-operator-'))
  host = inProcessHost(join(dir, 'processes'))
})
afterEach(async () => {
  await host.close()
  await rm(dir, { recursive: true, force: true })
})

it('the process survives an outage of Kafka, and ends after SIGTERM', async () => {
  const topics = await namespaceOf(kubeconfig())
  const ports = persistedPorts(join(dir, 'ports.json'))
  const [port, controllerPort] = [await ports.port('kafka'), await ports.port('controller')]
  const kafka = { dir: join(dir, 'kafka'), port, controllerPort, sizing: 'tests' } as const
  const { namespace } = topics
  await startTopicOperator(host, {
    ...{ kubeconfig: kubeconfig(), bootstrapServers: `127.0.0.1:${port}`, cluster: 'test', namespace },
  })
  await topics.create('before')
  await startKafka(host, kafka)
  await topics.condition('before', 'Ready')

  await host.stop('kafka', { signal: 'SIGKILL' })
  await topics.create('meanwhile')
  await startKafka(host, kafka)
  await topics.condition('meanwhile', 'Ready')

  await host.stop('topic-operator-stand-in')
  expect((await host.list()).map(({ name }) => name)).toEqual(['kafka'])
})
