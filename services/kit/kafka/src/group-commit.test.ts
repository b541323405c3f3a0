// Do messages share a transaction in order, is a bad one cut out alone, and is nothing published before its commit?
import { expect, test } from 'vitest'
import { createGroupCommit } from './group-commit.ts'
import type { Entry, GroupCommitOptions } from './group-commit.ts'
import type { OutgoingRecord } from './records.ts'

class Bad extends Error {
  readonly retry = false
}
const out = (value: string): OutgoingRecord => ({ topic: 't', key: null, value, headers: {} })

function bench(overrides: Partial<GroupCommitOptions<string>> = {}) {
  const log: string[] = []
  const abandon = new AbortController()
  const groups = createGroupCommit<string>({
    effect: (items) => {
      log.push(`effect ${items.join(' ')}`)
      if (items.some((item) => item.startsWith('bad'))) return Promise.reject(new Bad('bad data'))
      return Promise.resolve({ records: items.map(out), kept: items })
    },
    publish: (records) => {
      log.push(`publish ${records.map(({ value }) => String(value)).join(' ')}`)
      return Promise.resolve()
    },
    published: () => undefined,
    maxGroup: 4,
    attempts: 3,
    backoff: { firstMs: 1, maxMs: 2 },
    abandon: abandon.signal,
    on: { group: () => undefined, retry: () => undefined, published: () => undefined, deadLetter: () => undefined },
    ...overrides,
  })
  const add = (outcome: Entry<string>['outcome'], name: string) =>
    new Promise<void>((done) => groups.add({ outcome, done, deadLetter: () => out(`dead ${name}`) }))
  return { log, abandon, item: (name: string) => add({ item: name }, name), add }
}

test('what is ready together shares a transaction, up to the bound, and is published after it', async () => {
  const { log, item } = bench()
  await Promise.all(['1', '2', '3', '4', '5'].map(item))
  expect(log[0]).toBe('effect 1 2 3 4')
  expect(log.filter((line) => line.startsWith('publish'))).toEqual(['publish 1 2 3 4', 'publish 5'])
})

test('a bad message becomes a dead letter alone, in order with the rest', async () => {
  const { log, item } = bench()
  await Promise.all(['1', '2', 'bad3', '4'].map(item))
  expect(log.at(-1)).toBe('publish 1 2 dead bad3 4')
})

test('what could not even be decoded is published as a dead letter without a transaction', async () => {
  const { log, add } = bench()
  await add({ failure: { error: new Bad('not json'), attempts: 1 } }, 'x')
  expect(log).toEqual(['publish dead x'])
})

test('contention is tried again as a group', async () => {
  let failures = 2
  const { item } = bench({
    effect: (items) =>
      failures-- > 0
        ? Promise.reject(Object.assign(new Error('deadlock'), { retry: true }))
        : Promise.resolve({ records: items.map(out), kept: items }),
  })
  await Promise.all(['1', '2'].map(item))
  expect(failures).toBe(-1)
})

test('an error nobody explained is tried as often as allowed, one message at a time, then given up on', async () => {
  const tries: string[] = []
  const { log, item } = bench({
    effect: (items) => {
      tries.push(items.join(' '))
      return Promise.reject(new TypeError('a bug'))
    },
  })
  await Promise.all(['1', '2'].map(item))
  expect(tries).toEqual(['1 2', '1', '1', '1', '2', '2', '2'])
  expect(log).toEqual(['publish dead 1 dead 2'])
})

test('an outage is waited out, beyond the number of tries, and blames no message', async () => {
  let failures = 0
  const { log, item } = bench({
    attempts: 1,
    publish: () => (failures++ < 1 ? Promise.reject(new Error('broker away')) : Promise.resolve()),
    effect: (items) =>
      failures++ < 1
        ? Promise.reject(Object.assign(new Error('database away'), { retry: true, outage: true }))
        : Promise.resolve({ records: items.map(out), kept: items }),
  })
  await item('1')
  expect(log).toEqual([])
})

test('when time is up, work in hand is left undone', async () => {
  const { abandon, item } = bench({
    publish: () => {
      abandon.abort()
      return Promise.reject(new Error('broker away'))
    },
  })
  let done = false
  void item('1').then(() => {
    done = true
  })
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(done).toBe(false)
})

test('what comes while the last batch is being published is not left behind', async () => {
  const publishing = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  const { item } = bench({
    publish: () => {
      started.resolve()
      return publishing.promise
    },
  })
  const first = item('1')
  await started.promise
  const second = item('2')
  await new Promise((resolve) => setTimeout(resolve, 5))
  publishing.resolve()
  await Promise.all([first, second])
})
