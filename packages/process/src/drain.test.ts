import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { drainOnSignals } from './drain.ts'
import { silentLogger } from './logger.ts'

class FakeProcess extends EventEmitter {
  readonly exits: number[] = []
  readonly exit = (code?: number): never => {
    this.exits.push(code ?? 0)
    return undefined as never
  }
}

test('closes every part in order on a signal, even when one fails', async () => {
  const host = new FakeProcess()
  const closedParts: string[] = []
  const drain = drainOnSignals(
    [
      { name: 'http', close: () => void closedParts.push('http') },
      { name: 'broken', close: () => Promise.reject(new Error('no')) },
      { name: 'database', close: () => void closedParts.push('database') },
    ],
    { graceMs: 1_000, logger: silentLogger(), process: host as unknown as NodeJS.Process },
  )
  host.emit('SIGTERM')
  expect(drain.draining).toBe(true)
  await drain.start('again')
  expect(closedParts).toEqual(['http', 'database'])
  expect(host.exits).toEqual([1])
})

test('exits when a part does not close within the grace period', async () => {
  const host = new FakeProcess()
  drainOnSignals([{ name: 'stuck', close: () => new Promise(() => undefined) }], {
    graceMs: 10,
    logger: silentLogger(),
    process: host as unknown as NodeJS.Process,
  })
  host.emit('SIGINT')
  await expect.poll(() => host.exits).toEqual([1])
})
