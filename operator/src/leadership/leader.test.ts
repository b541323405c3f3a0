import { EventEmitter, on } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import type { KubeObject } from '../api/index.ts'
import { ApiError, ConnectionError } from '../kube/errors.ts'
import { systemClock } from '../runtime/clock.ts'
import { leader } from './leader.ts'

async function* lines(events: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const [line] of events as AsyncIterable<[string]>) yield line
}

/** One lease with the API server's rule that a write must name the version it read. */
function leases() {
  let lease: KubeObject | undefined
  let version = 0
  let isBroken = false
  let watches = 0
  const changes = new EventEmitter()
  const keep = (object: KubeObject): Promise<KubeObject> => {
    if (isBroken) return Promise.reject(new ApiError(500, 'InternalError', 'down'))
    if (lease && object.metadata.resourceVersion !== String(version))
      return Promise.reject(new ApiError(409, 'Conflict', 'modified'))
    version += 1
    lease = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
    changes.emit('change', JSON.stringify({ type: 'MODIFIED', object: lease }))
    return Promise.resolve(lease)
  }
  return {
    get: () => (isBroken ? Promise.reject(new ApiError(500, 'InternalError', 'down')) : Promise.resolve(lease)),
    create: (_: unknown, object: KubeObject) => keep(object),
    replace: (_: unknown, object: KubeObject) => keep(object),
    watch: (_: unknown, { signal }: { signal: AbortSignal }) => {
      watches += 1
      if (isBroken) return Promise.reject(new ConnectionError('Connection', 'down'))
      return Promise.resolve(lines(on(changes, 'change', { signal })))
    },
    watches: () => watches,
    break: (yes: boolean) => (isBroken = yes),
  }
}

const never = new AbortController().signal
function soon(ms: number) {
  return AbortSignal.timeout(ms)
}
function settings(holder: string) {
  return { namespace: 'system', name: 'operator', holder, seconds: 0.4 }
}
const clock = systemClock

describe('the leader', () => {
  it('is the first replica, and no second one while it renews the lease', async () => {
    const kube = leases()
    const [first, second] = [leader(kube, settings('a'), clock), leader(kube, settings('b'), clock)]
    expect(await first.acquire(never)).toBe(true)
    expect(first.mayWriteFor()).toBeGreaterThan(0)
    const holding = first.renewUntilStopped(soon(1500))
    expect(await second.acquire(soon(1200))).toBe(false)
    expect(second.mayWriteFor()).toBe(0)
    expect(await holding).toBe('released')
  })

  it('is replaced only after the time in which it may still write', async () => {
    const kube = leases()
    const [first, second] = [leader(kube, settings('a'), clock), leader(kube, settings('b'), clock)]
    await first.acquire(never)
    expect(await second.acquire(soon(5000))).toBe(true)
    expect(first.mayWriteFor()).toBe(0)
  })

  it('reports why the lease can be neither taken nor renewed, once until that works again', async () => {
    const kube = leases()
    const failures: unknown[] = []
    const only = leader(kube, settings('a'), clock, (error) => failures.push(error))
    kube.break(true)
    expect(await only.acquire(soon(300))).toBe(false)
    expect(failures).toEqual([new ApiError(500, 'InternalError', 'down')])
    kube.break(false)
    expect(await only.acquire(never)).toBe(true)
    kube.break(true)
    expect(await only.renewUntilStopped(never)).toBe('lost')
    expect(failures).toHaveLength(2)
  })

  it('is replaced at once when it releases the lease', async () => {
    const kube = leases()
    const [first, second] = [leader(kube, settings('a'), clock), leader(kube, settings('b'), clock)]
    await first.acquire(never)
    const waiting = second.acquire(soon(300)) // less than a lease
    await vi.waitUntil(() => kube.watches() > 0, { timeout: 30_000 })
    await first.release()
    expect(first.mayWriteFor()).toBe(0)
    expect(await waiting).toBe(true)
  })

  it('stops writing before another replica may acquire the lease', async () => {
    const kube = leases()
    const only = leader(kube, settings('a'), clock)
    await only.acquire(never)
    expect(only.mayWriteFor()).toBeLessThan(400 * 0.7)
  })

  it('stops writing in time although the system time is set back', async () => {
    let [now, wall] = [5_000, 1_000_000]
    const only = leader(leases(), settings('a'), { now: () => now, wall: () => wall, random: () => 0 })
    await only.acquire(never)
    now += 300
    wall -= 30_000
    expect(only.mayWriteFor()).toBe(0)
  })

  it('stops writing after a suspend of the machine, during which the monotonic clock stopped', async () => {
    let wall = 1_000_000
    const only = leader(leases(), settings('a'), { now: () => 5_000, wall: () => wall, random: () => 0 })
    await only.acquire(never)
    expect(only.mayWriteFor()).toBeGreaterThan(0)
    wall += 300
    expect(only.mayWriteFor()).toBe(0)
  })

  it('stops at once when another replica has acquired its lease', async () => {
    const kube = leases()
    const first = leader(kube, settings('a'), clock)
    await first.acquire(never)
    const lease = (await kube.get()) as KubeObject
    await kube.replace(undefined, { ...lease, spec: { holderIdentity: 'b', leaseDurationSeconds: 60 } })
    expect(await first.renewUntilStopped(never)).toBe('lost')
  })

  it('stops leading when it cannot renew the lease', async () => {
    const kube = leases()
    const only = leader(kube, settings('a'), clock)
    await only.acquire(never)
    kube.break(true)
    expect(await only.renewUntilStopped(never)).toBe('lost')
    expect(only.mayWriteFor()).toBe(0)
  })
})
