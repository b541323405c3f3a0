import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isJudging, unknownUsefulReplicas, usefulReplicas, withUsefulReplicasSample } from './useful-replicas.ts'
import type { UsefulReplicas } from './useful-replicas.ts'

interface World {
  /** Messages a second of one replica by itself. */
  readonly each: number
  /** Messages a second of all of them at most. */
  readonly shared: number
}

/** A stage with more messages than it can handle, whose replicas start and end at once. */
function run(world: World) {
  let [second, handled, usefulState] = [0, 0, unknownUsefulReplicas]
  const at = (
    members: number,
    seconds: number,
    changes: Partial<World> & { readonly lag?: number } = {},
  ): UsefulReplicas => {
    const { each, shared, lag = 1_000_000 } = { ...world, ...changes }
    for (const end = second + seconds; second < end; second += 2) {
      handled += 2 * Math.min(members * each, shared)
      const sample = { at: second * 1_000, members, current: members, handled, lag }
      usefulState = withUsefulReplicasSample(usefulState, sample, 10)
    }
    return usefulState
  }
  return { at, useful: () => usefulReplicas(usefulState, second * 1_000), usefulState: () => usefulState }
}
const provider = { each: 50, shared: 600 }

describe('the useful replicas', () => {
  it('are as many as reach the throughput of more replicas', () => {
    const { at, useful } = run(provider)
    at(10, 30)
    expect(useful()).toBeUndefined()
    at(60, 30)
    expect(useful()).toBe(12)
  })

  it('are all of them if each one adds its share, at any steps', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 2, max: 60 })), { maxLength: 15 }),
        fc.integer({ min: 1, max: 50 }),
        (steps, each) => {
          const { at, useful } = run({ each, shared: Infinity })
          for (const [members, seconds] of steps) {
            at(members, seconds)
            expect(useful()).toBeUndefined()
          }
        },
      ),
    )
  })

  it('are never fewer than were enough, for any shared rate', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 2, max: 100 }),
        fc.integer({ min: 50, max: 5_000 }),
        (few, more, shared) => {
          const { at, useful } = run({ each: 50, shared })
          at(few, 30)
          at(few + more, 30)
          const bound = useful() ?? Infinity
          // The throughput of the stage is what this many replicas handle by themselves.
          expect(bound * 50).toBeGreaterThanOrEqual(Math.min(shared, (few + more) * 50, few * 50) * 0.94)
          expect(bound).toBeGreaterThanOrEqual(few)
        },
      ),
    )
  })

  it('are unknown while the lag is small, since a stage that keeps up is as fast as its arrivals', () => {
    const { at, useful } = run(provider)
    at(10, 30, { lag: 20 })
    at(60, 60, { lag: 20 })
    expect(useful()).toBeUndefined()
  })
})

describe('the verdict that more replicas are useless', () => {
  const reached = () => {
    const one = run(provider)
    one.at(10, 30)
    one.at(60, 30)
    one.at(12, 60)
    return one
  }

  it('limits the stage to the useful replicas, and allows a trial of half as many more after five minutes', () => {
    const { at, useful } = reached()
    expect(useful()).toBe(12)
    at(12, 260)
    expect(useful()).toBe(19)
  })

  it('returns after a failed trial, and the next trial is later', () => {
    const { at, useful, usefulState } = reached()
    at(12, 260)
    at(19, 30)
    expect(useful()).toBe(12)
    expect(usefulState().verdict?.times).toBe(2)
    at(12, 400)
    expect(useful()).toBe(12)
    at(12, 240)
    expect(useful()).toBe(19)
  })

  it('ends with a successful trial', () => {
    const { at, useful } = reached()
    at(12, 260)
    at(19, 30, { shared: Infinity })
    expect(useful()).toBeUndefined()
  })

  it('ends at once if the useful replicas handle much less than more replicas did, and does not return', () => {
    const { at, useful } = reached()
    at(12, 30, { shared: 300 })
    expect(useful()).toBeUndefined()
    at(60, 60)
    expect(useful()).toBeUndefined()
  })

  it('ends at once if they handle much more', () => {
    const { at, useful } = reached()
    at(12, 30, { each: 100, shared: 1_200 })
    expect(useful()).toBeUndefined()
  })
})

describe('added replicas', () => {
  it('delay further ones until their effect is measured, while all of them have messages', () => {
    const { at, usefulState } = run(provider)
    at(10, 30)
    expect(isJudging(usefulState())).toBe(false)
    at(20, 6)
    expect(isJudging(usefulState())).toBe(true)
    at(20, 20)
    expect(isJudging(usefulState())).toBe(false)
  })

  it('delay further ones for at most a minute, for example if one of them never becomes ready', () => {
    let usefulState: UsefulReplicas = unknownUsefulReplicas
    const look = (second: number, current: number) => {
      const sample = { at: second * 1_000, members: 10, current, handled: second * 500, lag: 1_000_000 }
      usefulState = withUsefulReplicasSample(usefulState, sample, 10)
    }
    for (let second = 0; second <= 30; second += 2) look(second, 10)
    for (let second = 32; second <= 60; second += 2) look(second, 40)
    expect(isJudging(usefulState)).toBe(true)
    for (let second = 62; second <= 94; second += 2) look(second, 40)
    expect(isJudging(usefulState)).toBe(false)
  })
})
