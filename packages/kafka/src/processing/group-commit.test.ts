// Do messages share a transaction in order, is a bad one cut out alone, and is nothing published
// before its commit?
import { expect, test } from 'vitest'
import { createGroupCommit } from './group-commit.ts'
import type { Entry, GroupCommitOptions } from './group-commit.ts'
import type { OutgoingRecord } from '../client/records.ts'

class BadError extends Error {
  override readonly name = 'BadError'
  readonly retry = false
}
function out(value: string): OutgoingRecord {
  return { topic: 't', key: null, value, headers: {} }
}

function bench(overrides: Partial<GroupCommitOptions<string>> = {}) {
  const log: string[] = []
  const redelivered: string[] = []
  const retryQueue = new Set<string>()
  const abandon = new AbortController()
  const draining = new AbortController()
  const groups = createGroupCommit<string>({
    effect: (items) => {
      log.push(`effect ${items.join(' ')}`)
      if (items.some((item) => item.startsWith('bad'))) return Promise.reject(new BadError('bad data'))
      return Promise.resolve({ records: items.map(out), storedItems: items })
    },
    publish: (records) => {
      log.push(`publish ${records.map(({ value }) => String(value)).join(' ')}`)
      return Promise.resolve()
    },
    onPublished: () => undefined,
    maxGroup: 4,
    attempts: 3,
    backoff: { firstMs: 1, maxMs: 2 },
    stalledForMs: 60_000,
    abandon: abandon.signal,
    draining: draining.signal,
    on: { group: () => undefined, retry: () => undefined, published: () => undefined, deadLetter: () => undefined },
    ...overrides,
  })
  /** `a1`, `a2` are of the key a. */
  const add = (outcome: Entry<string>['outcome'], name: string, live = () => true) =>
    new Promise<void>((resolve) =>
      groups.add({
        about: { name },
        key: name.replace(/\d+$/, '') || name,
        outcome,
        finish: resolve,
        live,
        leave: () => redelivered.push(name),
        setWaiting: (waits) => (waits ? retryQueue.add(name) : retryQueue.delete(name)),
        deadLetter: () => out(`dead ${name}`),
      }),
    )
  const item = (name: string, live?: () => boolean) => add({ item: name }, name, live)
  return { log, redelivered, retryQueue, abandon, draining, item, add }
}

/** Fails each item as often as `times` says, alone or with others. */
function failing(times: Record<string, number>, log: string[], fields: object = {}) {
  return (items: readonly string[]) => {
    log.push(`effect ${items.join(' ')}`)
    const bad = items.find((item) => (times[item] ?? 0) > 0)
    if (bad === undefined) return Promise.resolve({ records: items.map(out), storedItems: items })
    if (items.length === 1) times[bad]!--
    return Promise.reject(Object.assign(new Error(`${bad} fails`), fields))
  }
}

test('commits ready messages in one transaction up to the bound, then publishes', async () => {
  const { log, item } = bench()
  await Promise.all(['1', '2', '3', '4', '5'].map((name) => item(name)))
  expect(log[0]).toBe('effect 1 2 3 4')
  expect(log.filter((line) => line.startsWith('publish'))).toEqual(['publish 1 2 3 4', 'publish 5'])
})

test('turns a bad message alone into a dead letter, in order with the rest', async () => {
  const { log, item } = bench()
  await Promise.all(['1', '2', 'bad3', '4'].map((name) => item(name)))
  expect(log.filter((line) => line.startsWith('publish'))).toEqual(['publish 1 2', 'publish dead bad3', 'publish 4'])
})

test('publishes an undecodable message as a dead letter without a transaction', async () => {
  const { log, add } = bench()
  await add({ failure: { error: new BadError('not json'), attempts: 1 } }, 'x')
  expect(log).toEqual(['publish dead x'])
})

test('retries a group after contention', async () => {
  let failures = 2
  const { item } = bench({
    effect: (items) =>
      failures-- > 0
        ? Promise.reject(Object.assign(new Error('deadlock'), { retry: true }))
        : Promise.resolve({ records: items.map(out), storedItems: items }),
  })
  await Promise.all(['1', '2'].map((name) => item(name)))
  expect(failures).toBe(-1)
})

test('retries unexplained failures one message at a time and then gives up', async () => {
  const tries: string[] = []
  const { log, item } = bench({
    effect: (items) => {
      tries.push(items.join(' '))
      return Promise.reject(new TypeError('a bug'))
    },
  })
  await Promise.all(['a', 'b'].map((name) => item(name)))
  expect(tries.slice(0, 3)).toEqual(['a b', 'a', 'b'])
  expect(tries.slice(3).sort()).toEqual(['a', 'a', 'b', 'b'])
  expect(log.sort()).toEqual(['publish dead a', 'publish dead b'])
})

test('retries a failed message before its key’s later ones while others go on', async () => {
  const log: string[] = []
  const { log: publications, item } = bench({ effect: failing({ a1: 1 }, log), backoff: { firstMs: 300, maxMs: 300 } })
  const first = item('a1')
  const rest = [item('b1'), item('a2'), item('c1')]
  await Promise.all([rest[0], rest[2]])
  const later = item('a3')
  await item('b2')
  expect(publications.join(' ')).not.toContain('a')
  await Promise.all([first, ...rest, later])
  expect(log.filter((line) => line.includes('a')).slice(-2)).toEqual(['effect a1', 'effect a2 a3'])
  expect(publications.slice(-2)).toEqual(['publish a1', 'publish a2 a3'])
})

test('makes a message a dead letter after its last try and continues its key', async () => {
  const { log, item } = bench({ effect: failing({ a1: 3 }, []) })
  await Promise.all(['a1', 'a2'].map((name) => item(name)))
  expect(log).toEqual(['publish dead a1', 'publish a2'])
})

test('leaves the retry queue and its keys to redelivery on shutdown', async () => {
  const { redelivered, draining, log, item } = bench({
    effect: failing({ a1: 2 }, []),
    backoff: { firstMs: 60_000, maxMs: 60_000 },
  })
  void item('a1')
  void item('a2')
  await item('b1')
  draining.abort()
  expect(redelivered).toEqual(['a1', 'a2'])
  void item('a3')
  await item('b2')
  expect(redelivered).toEqual(['a1', 'a2', 'a3'])
  expect(log).toEqual(['publish b1', 'publish b2'])
})

test('leaves the retry queue of a revoked partition and handles later messages', async () => {
  let isOwned = true
  const { redelivered, log, item } = bench({ effect: failing({ a1: 1 }, []), backoff: { firstMs: 300, maxMs: 300 } })
  void item('a1', () => isOwned)
  void item('a2', () => isOwned)
  await item('b1')
  isOwned = false
  await item('a3')
  expect(redelivered.sort()).toEqual(['a1', 'a2'])
  expect(log).toEqual(['publish b1', 'publish a3'])
})

test('waits for an outage beyond the number of tries and blames no message', async () => {
  let failures = 0
  const { log, item } = bench({
    attempts: 1,
    publish: () => (failures++ < 1 ? Promise.reject(new Error('broker away')) : Promise.resolve()),
    effect: (items) =>
      failures++ < 1
        ? Promise.reject(Object.assign(new Error('database away'), { retry: true, outage: true }))
        : Promise.resolve({ records: items.map(out), storedItems: items }),
  })
  await item('1')
  expect(log).toEqual([])
})

test('waits for a locked row with its key while the rest of the group commits', async () => {
  const lockedEffect = failing({ a1: 3 }, [], { retry: true, outage: true, stall: 'lock' })
  const { log, item } = bench({ attempts: 1, effect: lockedEffect })
  const all = ['b1', 'a1', 'a2', 'c1'].map((name) => item(name))
  await Promise.all([all[0], all[3]])
  expect(log).toEqual(['publish b1', 'publish c1'])
  await Promise.all(all)
  expect(log.slice(2)).toEqual(['publish a1', 'publish a2'])
})

test('gives up a message that waits too long for a lock only while others succeed', async () => {
  const lockedEffect = failing({ a1: 99 }, [], { retry: true, outage: true, stall: 'lock' })
  const { log, item } = bench({ stalledForMs: 0, effect: lockedEffect })
  let hasEnded = false
  const ends = item('a1').then(() => {
    hasEnded = true
  })
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect([hasEnded, log]).toEqual([false, []])
  for (let n = 1; !hasEnded; n++) await Promise.race([ends, item(`b${n}`)])
  expect(log.filter((line) => line.includes('a1'))).toEqual(['publish dead a1'])
})

test('retries a group that waits for one lock as a whole', async () => {
  let lockedTries = 1
  const sizes: number[] = []
  const { item } = bench({
    effect: (items) => {
      sizes.push(items.length)
      if (lockedTries-- > 0) return Promise.reject(Object.assign(new Error('locked'), { outage: true, stall: 'lock' }))
      return Promise.resolve({ records: [], storedItems: items })
    },
  })
  await Promise.all(['a1', 'b1', 'c1', 'd1'].map((name) => item(name)))
  expect(sizes).toEqual([4, 4])
})

test('keeps a slow message while no other message succeeds', async () => {
  const { log, item } = bench({
    attempts: 1,
    effect: failing({ a1: 4 }, [], { retry: true, outage: true, stall: 'time' }),
  })
  await item('a1')
  expect(log).toEqual(['publish a1'])
})

test('gives up a message that is slow on each try while others succeed', async () => {
  const slow = failing({ a1: 99 }, [], { retry: true, outage: true, stall: 'time' })
  const { log, item } = bench({ attempts: 2, effect: slow })
  let hasEnded = false
  const ends = item('a1').then(() => {
    hasEnded = true
  })
  for (let n = 1; !hasEnded; n++) await Promise.race([ends, item(`b${n}`)])
  expect(log.filter((line) => line.includes('a1'))).toEqual(['publish dead a1'])
})

test('lets other messages run between many stalled ones', async () => {
  const names = ['a1', 'b1', 'c1']
  const forever = Object.fromEntries(names.map((name) => [name, Number.POSITIVE_INFINITY]))
  let tries = 0
  const stalledEffect = failing(forever, [], { outage: true, stall: 'lock' })
  const { log, abandon, item } = bench({
    effect: (items) => {
      tries++
      return stalledEffect(items)
    },
  })
  for (const name of names) void item(name)
  await expect.poll(() => tries, { timeout: 20_000 }).toBeGreaterThan(5)
  await item('x1')
  await item('x2')
  expect(log).toEqual(['publish x1', 'publish x2'])
  abandon.abort()
})

test('leaves work in flight unfinished when the time is over', async () => {
  const { abandon, item } = bench({
    publish: () => {
      abandon.abort()
      return Promise.reject(new Error('broker away'))
    },
  })
  let hasEnded = false
  void item('1').then(() => {
    hasEnded = true
  })
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(hasEnded).toBe(false)
})

test('handles messages that arrive while the last batch is being published', async () => {
  const publishing = Promise.withResolvers<void>()
  const publicationStart = Promise.withResolvers<void>()
  const { item } = bench({
    publish: () => {
      publicationStart.resolve()
      return publishing.promise
    },
  })
  const first = item('1')
  await publicationStart.promise
  const second = item('2')
  await new Promise((resolve) => setTimeout(resolve, 5))
  publishing.resolve()
  await Promise.all([first, second])
})

test('reports messages in the retry queue, and those behind them, as waiting', async () => {
  const times = { a1: 1 }
  const log: string[] = []
  const { retryQueue, item } = bench({ effect: failing(times, log), backoff: { firstMs: 100, maxMs: 100 } })
  const work = Promise.all(['a1', 'a2', 'b1'].map((name) => item(name)))
  const deadline = performance.now() + 10_000
  while (retryQueue.size < 2 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 1))
  expect([...retryQueue].sort()).toEqual(['a1', 'a2'])
  await work
  expect([...retryQueue]).toEqual([])
})
