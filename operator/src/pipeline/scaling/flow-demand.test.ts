import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { demandOf, metricFor } from './flow-demand.ts'
import type { StageLoad } from './flow-demand.ts'

function load(changes: Partial<StageLoad> = {}): StageLoad {
  return {
    arrivalsPerSecond: 0,
    backlog: 0,
    drainSeconds: 30,
    replicaPerSecond: 10,
    minReplicas: 1,
    maxReplicas: 100,
    partitions: 110,
    current: 1,
    ...changes,
  }
}
const anyLoad = fc
  .record({
    arrivalsPerSecond: fc.double({ min: 0, max: 5_000, noNaN: true }),
    backlog: fc.integer({ min: 0, max: 1_000_000 }),
    drainSeconds: fc.integer({ min: 15, max: 600 }),
    replicaPerSecond: fc.double({ min: 0.01, max: 1_000, noNaN: true }),
    minReplicas: fc.integer({ min: 0, max: 20 }),
    more: fc.integer({ min: 0, max: 200 }),
    partitions: fc.integer({ min: 1, max: 200 }),
    current: fc.integer({ min: 0, max: 220 }),
    holding: fc.boolean(),
    judging: fc.boolean(),
    saturation: fc.option(
      fc.record({
        freePerSecond: fc.double({ min: 0.01, max: 1_000, noNaN: true }),
        waitShare: fc.double({ min: 0.1, max: 1, noNaN: true }),
      }),
      { nil: undefined },
    ),
  })
  .map(({ more, ...each }): StageLoad => ({ ...each, maxReplicas: each.minReplicas + more }))

describe('the demand of a stage', () => {
  it('is enough for the arrivals at the target utilization', () => {
    expect(demandOf(load({ arrivalsPerSecond: 85 }))).toEqual({ replicas: 10, forArrivals: 10, forBacklog: 0 })
  })

  it('adds the replicas that drain the backlog within the drain time', () => {
    expect(demandOf(load({ arrivalsPerSecond: 85, backlog: 3_000 })).replicas).toBe(19)
  })

  it('does not fall to the minimum while a stage keeps up without a backlog', () => {
    const keepsUp = load({ arrivalsPerSecond: 85, current: 10 })
    expect(demandOf(keepsUp).replicas).toBe(10)
  })

  it('keeps the replicas for a change that is smaller than the slack', () => {
    const slightlyLess = load({ arrivalsPerSecond: 80, current: 10 })
    expect(demandOf({ ...slightlyLess, arrivalsPerSecond: 76 })).toMatchObject({
      replicas: 10,
      bound: 'SmallChange',
    })
    expect(demandOf({ ...slightlyLess, arrivalsPerSecond: 60 })).toMatchObject({ replicas: 8 })
  })

  it('has no more replicas for a backlog than its partitions can keep busy', () => {
    const hot = load({ arrivalsPerSecond: 85, backlog: 30_000, current: 10 })
    expect(demandOf(hot)).toMatchObject({ replicas: 100, bound: 'AtMaximum' })
    expect(demandOf({ ...hot, backlogReplicas: 2 })).toMatchObject({
      replicas: 11,
      forBacklog: 2,
      bound: 'HotPartition',
    })
    expect(demandOf({ ...hot, backlog: 300, backlogReplicas: 2 })).not.toHaveProperty('bound')
  })

  it('names the limit that bounds it', () => {
    const much = load({ backlog: 1_000_000 })
    expect(demandOf(much)).toMatchObject({ replicas: 100, bound: 'AtMaximum' })
    expect(demandOf({ ...much, partitions: 12 })).toMatchObject({ replicas: 12, bound: 'AtPartitions' })
    expect(demandOf({ ...much, usefulReplicas: 40 })).toMatchObject({ replicas: 40, bound: 'ScaleOutUseless' })
    expect(demandOf({ ...much, backlog: 0, minReplicas: 5 })).toMatchObject({ replicas: 5, bound: 'AtMinimum' })
  })

  it('does not add replicas while the stage is holding', () => {
    const waiting = load({ backlog: 100_000, current: 7, holding: true })
    expect(demandOf(waiting)).toMatchObject({ replicas: 7, bound: 'Holding' })
  })

  it('adds replicas only after the effect of the last ones is measured, but removes them without delay', () => {
    const judging = load({ backlog: 100_000, current: 7, judging: true })
    expect(demandOf(judging)).toMatchObject({ replicas: 7, bound: 'Judging' })
    expect(demandOf({ ...judging, backlog: 0 })).toMatchObject({ replicas: 1 })
    expect(demandOf({ ...judging, current: 0 }).replicas).toBe(100)
  })

  it('adds no replicas for a backlog while processors are saturated, and for arrivals those they need', () => {
    const saturation = { freePerSecond: 40, waitShare: 0.4 }
    // Without saturation 40 replicas of 5 a second, and 100 with the backlog.
    const slow = load({ arrivalsPerSecond: 170, backlog: 30_000, replicaPerSecond: 5, current: 7, saturation })
    expect(demandOf(slow)).toMatchObject({ replicas: 7, bound: 'ProcessorsSaturated' })
    expect(demandOf({ ...slow, arrivalsPerSecond: 340 })).toMatchObject({ replicas: 10, bound: 'ProcessorsSaturated' })
    expect(demandOf({ ...slow, maxReplicas: 6 })).toMatchObject({ replicas: 6, bound: 'AtMaximum' })
    expect(demandOf({ ...slow, current: 0, arrivalsPerSecond: 0 }).replicas).toBe(1)
  })

  it('removes no replicas because processors are saturated, and adds no more than without', () => {
    fc.assert(
      fc.property(anyLoad, (any) => {
        const { saturation, ...free } = any
        const [bounded, unbounded] = [demandOf(any).replicas, demandOf(free).replicas]
        expect(bounded).toBeLessThanOrEqual(unbounded)
        expect(bounded).toBeGreaterThanOrEqual(Math.min(any.current, unbounded))
        if (saturation === undefined) expect(bounded).toBe(unbounded)
      }),
    )
  })

  it('does not follow a rate that falls with each further replica while processors are saturated', () => {
    const anySaturated = fc.record({
      arrivalsPerSecond: fc.double({ min: 1, max: 1_000, noNaN: true }),
      backlog: fc.integer({ min: 0, max: 1_000_000 }),
      freePerSecond: fc.double({ min: 1, max: 1_000, noNaN: true }),
      /** All replicas together, however many there are. */
      allPerSecond: fc.double({ min: 1, max: 1_000, noNaN: true }),
      current: fc.integer({ min: 1, max: 100 }),
    })
    fc.assert(
      fc.property(anySaturated, ({ arrivalsPerSecond, backlog, freePerSecond, allPerSecond, current: first }) => {
        const saturation = { freePerSecond, waitShare: 0.4 }
        let current = first
        for (let decision = 0; decision < 20; decision += 1)
          current = demandOf(
            load({ arrivalsPerSecond, backlog, replicaPerSecond: allPerSecond / current, current, saturation }),
          ).replicas
        expect(current).toBeLessThanOrEqual(Math.max(first, Math.ceil(arrivalsPerSecond / 0.85 / freePerSecond)))
      }),
    )
  })

  it('stays within the bounds of the spec for every load', () => {
    fc.assert(
      fc.property(anyLoad, (any) => {
        const { replicas } = demandOf(any)
        expect(replicas).toBeGreaterThanOrEqual(any.minReplicas)
        expect(replicas).toBeLessThanOrEqual(any.maxReplicas)
      }),
    )
  })

  it('is stable: at the desired replicas it asks for the same number', () => {
    fc.assert(
      fc.property(anyLoad, (any) => {
        const { replicas } = demandOf(any)
        expect(demandOf({ ...any, current: replicas }).replicas).toBe(replicas)
      }),
    )
  })
})

describe('the metric for the horizontal pod autoscaler', () => {
  /** The autoscaler's rule: no change within the tolerance, otherwise the figure rounded up. */
  const followed = (metric: number, current: number, tolerance: number) =>
    Math.abs(metric / current - 1) <= tolerance + 1e-12 ? current : Math.ceil(metric)

  it('moves it in the direction of the demand at once, also within its tolerance', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 1, max: 300 }),
        fc.constantFrom(0, 0.05, 0.1),
        (replicas, current, tolerance) => {
          const next = followed(metricFor(replicas, current, tolerance), current, tolerance)
          expect(Math.sign(next - current)).toBe(Math.sign(replicas - current))
        },
      ),
    )
  })

  it('is the demand itself beyond the tolerance', () => {
    expect(metricFor(50, 10, 0.1)).toBe(50)
    expect(metricFor(10, 50, 0.1)).toBe(10)
    expect(metricFor(10, 10, 0.1)).toBe(10)
  })

  it('reaches the maximum from just below it', () => {
    expect(followed(metricFor(100, 95, 0.1), 95, 0.1)).toBeGreaterThanOrEqual(100)
  })
})
