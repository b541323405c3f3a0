// Are the issuer's keys fetched as seldom as they should be, and used as long as they may be?
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLogger } from '@orderpipeline/process'
import { exportJWK, generateKeyPair } from 'jose'
import type { JWK, CompactJWSHeaderParameters } from 'jose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { KeysUnavailableError, remoteKeys } from '../src/authentication/remote-keys.ts'

let server: Server
let keys: JWK[]
let requests: number
let answerWith: (() => { readonly status: number; readonly body: string } | 'nothing') | undefined
let nowMs: number
beforeEach(async () => {
  keys = [await newKey('first')]
  requests = 0
  nowMs = 0
  answerWith = undefined
  server = createServer((_request, response) => {
    requests++
    const answer = answerWith?.() ?? { status: 200, body: JSON.stringify({ keys }) }
    if (answer !== 'nothing') response.writeHead(answer.status).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

async function newKey(kid: string): Promise<JWK> {
  const { publicKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(publicKey)), kid, alg: 'ES256' }
}

function source(timeoutMs = 10_000, onFailure: (error: unknown) => void = () => undefined) {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys?key=hunter2`
  const find = remoteKeys({ url, timeoutMs, cacheMs: 600_000, now: () => nowMs, random: () => 1, onFailure })
  const header = (kid: string): CompactJWSHeaderParameters => ({ alg: 'ES256', kid })
  return async (kid: string) => find(header(kid), { payload: '', signature: '' })
}
const failing = { status: 500, body: 'broken' }

test('sends one request for many callers and caches the answer', async () => {
  const find = source()
  await Promise.all(Array.from({ length: 50 }, () => find('first')))
  await find('first')
  expect(requests).toBe(1)
})

test('looks for a new key id at most once in half a minute', async () => {
  const find = source()
  await find('first')
  keys = [await newKey('second')]
  await expect(find('second')).rejects.toThrow('no applicable key')
  expect(requests).toBe(1)
  nowMs = 31_000
  await find('second')
  for (let n = 0; n < 20; n++) await expect(find(`invented-${n}`)).rejects.toThrow('no applicable key')
  expect(requests).toBe(2)
})

test('asks a failing issuer less and less often', async () => {
  answerWith = () => failing
  const find = source()
  const failures = async () => {
    for (let n = 0; n < 10; n++) await expect(find('first')).rejects.toBeInstanceOf(KeysUnavailableError)
    return requests
  }
  expect(await failures()).toBe(1)
  nowMs = 1_001
  expect(await failures()).toBe(2)
  nowMs = 2_500
  expect(await failures()).toBe(2)
  nowMs = 3_100
  expect(await failures()).toBe(3)
  answerWith = undefined
  nowMs = 8_000
  await find('first')
})

test('uses expired keys while the issuer is away, for a limited time', async () => {
  const find = source()
  await find('first')
  answerWith = () => failing
  nowMs = 700_000
  await find('first')
  nowMs = 600_000 + 3_600_000 + 1
  await expect(find('first')).rejects.toBeInstanceOf(KeysUnavailableError)
})

test('treats a silent, wrong or oversized answer as an outage', async () => {
  for (const body of ['nothing', 'not json', '{"keys":7}', `{"keys":[],"more":"${'x'.repeat(1_100_000)}"}`]) {
    answerWith = () => (body === 'nothing' ? body : { status: 200, body })
    await expect(source(body === 'nothing' ? 300 : undefined)('first')).rejects.toBeInstanceOf(KeysUnavailableError)
  }
  answerWith = () => ({ status: 302, body: '' })
  await expect(source()('first')).rejects.toBeInstanceOf(KeysUnavailableError)
})

test('logs a failure without the query of the address, which may hold a key', async () => {
  const logLines: unknown[] = []
  const logger = createLogger({ service: 'test', destination: { write: (line) => void logLines.push(line) } })
  const onFailure = (error: unknown) => logger.warn({ error }, 'failed')
  for (const answer of [failing, { status: 302, body: '' }, { status: 200, body: 'not json' }]) {
    answerWith = () => answer
    await expect(source(undefined, onFailure)('first')).rejects.toBeInstanceOf(KeysUnavailableError)
  }
  const find = source(undefined, onFailure)
  server.closeAllConnections()
  server.close()
  await expect(find('first')).rejects.toBeInstanceOf(KeysUnavailableError)
  expect(logLines).toHaveLength(4)
  expect(logLines.join('')).toContain('http://127.0.0.1')
  expect(logLines.join('')).not.toContain('hunter2')
})
