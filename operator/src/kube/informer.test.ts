import { describe, expect, it } from 'vitest'
import { orderPipelines } from '../api/index.ts'
import type { KubeObject } from '../api/index.ts'
import { ApiError, ConnectionError } from './errors.ts'
import type { Kube } from './port.ts'
import { createInformer } from './informer.ts'

function object(name: string, version: number): KubeObject {
  return {
    ...{ apiVersion: orderPipelines.apiVersion, kind: orderPipelines.kind },
    metadata: { name, namespace: 'default', uid: name, resourceVersion: String(version) },
  }
}
function event(type: string, value: unknown): string {
  return JSON.stringify({ type, object: value })
}
const expired410 = event('ERROR', { code: 410, message: 'too old resource version' })
const settings = {
  inactivityMs: 50,
  relistMs: 60_000,
  firstBackoffMs: 1,
  lastBackoffMs: 4,
  probeMs: 20,
  leastWatchMs: 1,
}

type Watch = (from: string, signal: AbortSignal) => AsyncIterable<string>

async function* linesOf(...lines: string[]): AsyncGenerator<string> {
  for (const line of lines) yield await Promise.resolve(line)
}
async function* linesThenSilence(signal: AbortSignal, ...lines: string[]): AsyncGenerator<string> {
  yield* linesOf(...lines)
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
}
async function* endless(): AsyncGenerator<string> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, settings.inactivityMs / 10))
    yield event('BOOKMARK', object('', 1))
  }
}
async function* linesThenCut(...lines: string[]): AsyncGenerator<string> {
  yield* linesOf(...lines)
  throw new ConnectionError('Connection', 'reset')
}

/**
 * Plays the watches one after another, the last one silent; every listing returns its objects, or
 * fails.
 */
async function play(listings: readonly (readonly KubeObject[] | Error)[], watches: readonly Watch[], optional = false) {
  const until = new AbortController()
  const [changes, restarts, from]: [string[], string[], string[]] = [[], [], []]
  const absences: string[] = []
  let [lists, plays] = [0, 0]
  const kube: Pick<Kube, 'pages' | 'watch'> = {
    pages: async function* () {
      const listing = await Promise.resolve(listings[Math.min(lists++, listings.length - 1)] ?? [])
      if (listing instanceof Error) throw listing
      for (const items of [listing.slice(0, 1), listing.slice(1)]) yield { items, resourceVersion: String(100 * lists) }
    },
    watch: (_resource, { resourceVersion, signal }) => {
      from.push(resourceVersion)
      const watch = watches[plays++]
      if (watch) return Promise.resolve(watch(resourceVersion, signal))
      until.abort()
      return Promise.resolve(linesThenSilence(signal))
    },
  }
  const one = createInformer(
    kube as Kube,
    orderPipelines,
    {},
    {
      changed: ({ kind, object: { metadata } }) => changes.push(`${kind} ${metadata.name}@${metadata.resourceVersion}`),
      restarted: (_resource, reason) => restarts.push(reason),
      absent: (_resource, absence) => absences.push(absence ?? `present, synced ${one.synced()}`),
    },
    { now: Date.now, random: () => 1 },
    settings,
    optional,
  )
  await one.run(until.signal)
  return { changes, restarts, absences, from, lists, synced: one.synced(), absence: one.absence() }
}

describe('a watch', () => {
  it('resumes from the last resource version, bookmarks included, without another list', async () => {
    const result = await play(
      [[object('a', 1)]],
      [() => linesOf(event('ADDED', object('b', 101)), event('BOOKMARK', object('', 150)))],
    )
    expect(result).toMatchObject({
      changes: ['set a@1', 'set b@101'],
      restarts: ['ended'],
      from: ['100', '150'],
      lists: 1,
    })
  })

  it('resumes after an interrupted connection', async () => {
    const result = await play([[]], [() => linesThenCut(event('ADDED', object('a', 105)))])
    expect(result).toMatchObject({ restarts: ['Connection'], lists: 1, changes: ['set a@105'] })
  })

  it('lists again when its resource version is too old, and finds the deletions meanwhile', async () => {
    const result = await play([[object('a', 1), object('b', 2)], [object('b', 2)]], [() => linesOf(expired410)])
    expect(result).toMatchObject({ restarts: ['expired'], lists: 2, changes: ['set a@1', 'set b@2', 'gone a@1'] })
  })

  it('does not skip an unreadable line', async () => {
    const result = await play([[], [object('a', 150)]], [() => linesOf('{"type":"ADDED","obj')])
    expect(result).toMatchObject({ restarts: ['garbage'], lists: 2, changes: ['set a@150'] })
  })

  it('reconnects when it receives no data', async () => {
    const result = await play([[], [object('a', 150)]], [(_from, signal) => linesThenSilence(signal)])
    expect(result).toMatchObject({ restarts: ['inactive'], lists: 2, changes: ['set a@150'] })
  })

  it('opens watches at least leastWatchMs apart when the server ends each at once', async () => {
    const stopping = new AbortController()
    const openedAt: number[] = []
    const kube: Pick<Kube, 'pages' | 'watch'> = {
      pages: async function* () {
        yield await Promise.resolve({ items: [], resourceVersion: '1' })
      },
      watch: () => {
        openedAt.push(Date.now())
        if (openedAt.length === 4) stopping.abort()
        return Promise.resolve(linesOf())
      },
    }
    const reports = { changed: () => {}, restarted: () => {} }
    const apart = { ...settings, inactivityMs: 60_000, leastWatchMs: 100 }
    await createInformer(kube as Kube, orderPipelines, {}, reports, { now: Date.now, random: () => 1 }, apart).run(
      stopping.signal,
    )
    const tolerance = 5 // the clock and the timers round to milliseconds
    for (const [index, time] of openedAt.slice(1).entries())
      expect(time - (openedAt[index] ?? 0)).toBeGreaterThanOrEqual(apart.leastWatchMs - tolerance)
  })

  it('ends at once when it is stopped during its list', async () => {
    const stopping = new AbortController()
    const kube: Pick<Kube, 'pages' | 'watch'> = {
      pages: async function* () {
        stopping.abort()
        yield await Promise.resolve({ items: [], resourceVersion: '1' })
      },
      watch: (_resource, { signal }) =>
        signal.aborted ? Promise.reject(new ConnectionError('Connection', 'aborted')) : Promise.resolve(endless()),
    }
    const reports = { changed: () => {}, restarted: () => {} }
    const one = createInformer(kube as Kube, orderPipelines, {}, reports, { now: Date.now, random: () => 1 }, settings)
    await one.run(stopping.signal)
    expect(stopping.signal.aborted).toBe(true)
  })

  it('survives failed lists, and is in sync only after a successful one', async () => {
    const refusal = new ApiError(403, 'Forbidden', 'not yet')
    const result = await play([refusal, new ConnectionError('Timeout', 'late'), [object('a', 1)]], [])
    expect(result).toMatchObject({ restarts: ['refused', 'Timeout'], changes: ['set a@1'], synced: true })
  })

  const notServed = new ApiError(404, 'NotFound', 'the server could not find the requested resource')
  const forbidden = new ApiError(403, 'Forbidden', 'may not list')

  it.each([
    ['NotServed', notServed],
    ['Forbidden', forbidden],
  ])('of a kind of another project treats it as empty while it is %s, and reads it later', async (absence, error) => {
    const result = await play([error, error, error, error, error, [object('a', 1)]], [], true)
    expect(result).toMatchObject({
      absences: [absence, 'present, synced true'],
      changes: ['set a@1'],
      absence: undefined,
    })
    expect(result.restarts).toEqual(['refused', 'refused', 'refused'])
  })

  it('treats the objects of a removed kind as deleted', async () => {
    const failures = [notServed, notServed, notServed, notServed]
    const result = await play([[object('a', 1)], ...failures, []], [() => linesOf(expired410)], true)
    expect(result).toMatchObject({ absences: ['NotServed', 'present, synced true'], changes: ['set a@1', 'gone a@1'] })
  })

  it('reports the answer to our own write, once', async () => {
    const changes: string[] = []
    const reports = { changed: ({ kind }: { kind: string }) => changes.push(kind), restarted: () => {} }
    const one = createInformer({} as Kube, orderPipelines, {}, reports, { now: Date.now, random: () => 1 }, settings)
    one.recordWrite(object('a', 5))
    one.recordWrite(object('a', 5))
    expect(changes).toEqual(['set'])
    await Promise.resolve()
  })
})
