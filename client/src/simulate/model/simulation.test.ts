import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { figures } from './figures.ts'
import type { Processors } from './processors.ts'
import type { Scenario, StageScenario } from './scenario.ts'
import { simulate } from './simulation.ts'
import type { Run, StageRun } from './simulation.ts'
import { pipeline, scenario, stage } from './testing.ts'

/** Many runs each; the machine may be busy. */
const timeout = 120_000
function burst(orders: number) {
  return [{ fromMs: 0, toMs: 100, orders }]
}
function only(run: Run): StageRun {
  return run.stages[0] ?? expect.fail('no stage')
}
function last({ samples }: StageRun) {
  return samples.at(-1) ?? expect.fail('no sample')
}
function at({ samples }: StageRun, second: number) {
  return samples[second] ?? expect.fail(`no sample at ${second} s`)
}
function fixed(replicas: number) {
  return stage({ scaling: { minReplicas: replicas, maxReplicas: replicas, lagPerReplica: 60 } })
}

const anything = fc.record({
  orders: fc.integer({ min: 0, max: 5_000 }),
  overMs: fc.integer({ min: 0, max: 120_000 }),
  min: fc.integer({ min: 0, max: 5 }),
  more: fc.integer({ min: 1, max: 40 }),
  partitions: fc.integer({ min: 1, max: 60 }),
  concurrency: fc.integer({ min: 1, max: 20 }),
  workSeconds: fc.constantFrom(0.0005, 0.02, 0.1, 0.13, 1, 5),
  lagPerReplica: fc.integer({ min: 1, max: 200 }),
  podStartSeconds: fc.integer({ min: 0, max: 20 }),
  startsPerSecond: fc.constantFrom(0.3, 1, 7, Number.POSITIVE_INFINITY),
  rebalanceSeconds: fc.constantFrom(0, 0.25, 3, 15),
  skew: fc.constantFrom(0, 1),
  seed: fc.integer({ min: 0, max: 1_000 }),
})

type Anything = typeof anything extends fc.Arbitrary<infer T> ? T : never

/** Two stages behind one another, the second of which gets half as many messages. */
function arbitraryScenario(values: Anything): Scenario {
  const { orders, overMs, min, more, partitions, concurrency, workSeconds, lagPerReplica, seed, ...surroundings } =
    values
  const scaling = { minReplicas: min, maxReplicas: min + more, lagPerReplica }
  const spec = pipeline(
    [
      stage({ name: 'first', emits: [{ topic: 'next' }], concurrency, workSeconds, scaling }),
      stage({ name: 'second', consumes: [{ topic: 'next' }], scaling }),
    ],
    [{ name: 'placed', partitions }],
  )
  const base = scenario(spec, { surroundings, seed, tailSeconds: 600, trace: [{ fromMs: 0, toMs: overMs, orders }] })
  const flows = base.topology.flows.map((flow) => ({ ...flow, ratio: 0.5 }))
  return { ...base, topology: { ...base.topology, flows } }
}

describe('for any pipeline, load and cluster', () => {
  /** `wrong` returns what should not be, of any sample of any stage. */
  const never = (wrong: (stage: StageRun, scenario: StageScenario, second: number) => boolean) =>
    fc.assert(
      fc.property(anything, (values) => {
        const simulated = arbitraryScenario(values)
        const violations = simulate(simulated).stages.flatMap((run, index) => {
          const of = simulated.stages[index] ?? expect.fail('a stage')
          return run.samples.flatMap((sample, second) => (wrong(run, of, second) ? [{ second, ...sample }] : []))
        })
        expect(violations).toEqual([])
      }),
      { numRuns: 60 },
    )

  it('no message is lost or created: each one is finished, waiting or in flight', { timeout }, () => {
    never(({ samples }, _, second) => {
      const { arrived, done, waiting, inFlight, lag } = samples[second] ?? expect.fail('a sample')
      return arrived !== done + waiting + inFlight || lag !== waiting + inFlight || Math.min(waiting, inFlight) < 0
    })
  })

  it('every order reaches the first stage, and the ratio of finished messages reaches the next', { timeout }, () => {
    fc.assert(
      fc.property(anything, (values) => {
        const { orders, stages } = simulate(arbitraryScenario(values))
        const [first, second] = stages.map(last)
        expect(orders).toBe(values.orders)
        expect(first?.arrived).toBe(orders)
        expect(second?.arrived).toBe(Math.floor((first?.done ?? 0) / 2))
      }),
      { numRuns: 60 },
    )
  })

  it('replicas stay within their bounds, and no more are ready than desired', { timeout }, () => {
    never(({ samples }, { rules }, second) => {
      const { wanted, ready, pods } = samples[second] ?? expect.fail('a sample')
      return wanted < rules.minReplicas || wanted > rules.hpa.maxReplicas || ready > wanted || pods < wanted
    })
  })

  it('at most half of the replicas or ten are removed within 30 seconds', { timeout }, () => {
    never(({ samples }, { rules }, second) => {
      const [before, after] = [samples[second]?.wanted ?? 0, samples[second + 29]?.wanted]
      // The last step to zero is KEDA's, which knows no policy.
      if (after === undefined || rules.minReplicas === 0) return false
      return before - after > Math.max(Math.ceil(before / 2), 10)
    })
  })

  it('no second handles more messages than concurrency and work time of the pods allow', { timeout }, () => {
    never(({ samples }, { concurrency, workSeconds }, second) => {
      const [before, now] = [samples[second - 1], samples[second]]
      if (!before || !now) return false
      // Work that began together may end together, at most all messages in flight; work shorter
      // than a step is finished many times in it.
      const each = concurrency * Math.max(1, 1 / workSeconds) + concurrency
      return now.done - before.done > Math.max(before.pods, now.pods) * each
    })
  })

  it('the same seed gives the same result', { timeout }, () => {
    fc.assert(
      fc.property(anything, (values) => {
        expect(simulate(arbitraryScenario(values))).toEqual(simulate(arbitraryScenario(values)))
      }),
      { numRuns: 15 },
    )
  })
})

describe('a stage with fixed replicas', () => {
  it.each([0.0005, 0.02, 0.1, 0.13, 0.7, 5])(
    'handles concurrency ÷ workSeconds per replica, with %d s per message',
    (seconds) => {
      const perSecond = (5 * 10) / seconds
      const spec = pipeline([{ ...fixed(5), workSeconds: seconds }])
      const trace = burst(Math.round(perSecond * 120))
      const run = only(simulate(scenario(spec, { trace, seconds: 60 })))
      const [from, to] = [at(run, 20).done, at(run, 60).done]
      expect((to - from) / 40 / perSecond).toBeCloseTo(1, seconds === 5 ? 0 : 1)
    },
  )

  it('drains later if a few partitions have most of the messages', () => {
    const drained = (skew: number) => {
      const simulated = scenario(pipeline([fixed(10)]), { trace: burst(5_000), surroundings: { skew } })
      return figures(simulated, simulate(simulated), 50).doneAtSeconds ?? expect.fail('it drains')
    }
    expect(drained(1)).toBeGreaterThan(2 * drained(0))
  })
})

describe('a burst', () => {
  const spec = pipeline([stage({ workSeconds: 5 })])
  const surroundings = { podStartSeconds: 3, startsPerSecond: 1, rebalanceSeconds: 3, readinessSeconds: 5 }

  it('scales from the minimum to the maximum, drains, and scales back', () => {
    const simulated = scenario(spec, { trace: burst(8_000), surroundings })
    const run = simulate(simulated)
    const [{ mostReplicas, peakLag, drainSeconds, secondsToReplicas } = expect.fail('figures')] = figures(
      simulated,
      run,
      50,
    ).stages
    expect(mostReplicas).toBe(100)
    expect(peakLag).toBe(8_000)
    expect(drainSeconds).toBeGreaterThan(80)
    // 45 more pods at one a second, and what surrounds them
    expect(secondsToReplicas).toBeGreaterThan(45)
    expect(secondsToReplicas).toBeLessThan(45 + 15 + 3 + 6 + 5 + 2)
    expect(last(only(run))).toMatchObject({ lag: 0, wanted: 5, pods: 5 })
  })

  it('drains later with a longer pause of the group at each rebalance', () => {
    const drained = (rebalanceSeconds: number) => {
      const simulated = scenario(spec, { trace: burst(8_000), surroundings: { ...surroundings, rebalanceSeconds } })
      return figures(simulated, simulate(simulated), 50).doneAtSeconds ?? expect.fail('it drains')
    }
    expect(drained(10)).toBeGreaterThan(drained(0))
  })

  it('includes members that join during a rebalance', () => {
    const rebalances = (startsPerSecond: number) =>
      only(
        simulate(
          scenario(spec, { trace: burst(8_000), surroundings: { ...surroundings, startsPerSecond }, seconds: 120 }),
        ),
      ).rebalances
    expect(rebalances(Number.POSITIVE_INFINITY)).toBe(1)
    expect(rebalances(1)).toBeGreaterThan(20)
    expect(rebalances(1)).toBeLessThan(40)
  })

  it('does not reach the maximum if there are no more partitions than replicas', () => {
    const narrow = (partitions: number) => pipeline([stage({ workSeconds: 60 })], [{ name: 'placed', partitions }])
    const most = (partitions: number) =>
      Math.max(
        ...only(
          simulate(
            scenario(narrow(partitions), { trace: [{ fromMs: 0, toMs: 120_000, orders: 60_000 }], seconds: 400 }),
          ),
        ).samples.map(({ wanted }) => wanted),
      )
    expect(most(110)).toBe(100)
    expect(most(50)).toBeLessThanOrEqual(50)
  })
})

describe('a stage scaled on CPU', () => {
  const most = (secondsPerMessage: number) => {
    const base = scenario(pipeline([stage()]), { trace: burst(8_000), scaling: 'cpu', seconds: 120 })
    const stages = base.stages.map((one) => ({ ...one, cpu: { secondsPerMessage, coresPerReplica: 0.07 } }))
    return Math.max(...only(simulate({ ...base, stages })).samples.map(({ wanted }) => wanted))
  }
  it('scales with its CPU use, by four replicas or to the double', () => {
    // Ten messages a second and replica: 0.2 cores each at 0.02 s, and 0.01 at 0.001 s.
    expect(most(0.001)).toBe(5)
    expect(most(0.02)).toBeGreaterThan(10)
  })
})

describe('a stage with minReplicas 0', () => {
  it('starts with the first message and stops after the cooldown', () => {
    const scaling = { minReplicas: 0, maxReplicas: 10, lagPerReplica: 60 }
    const trace = [{ fromMs: 60_000, toMs: 60_000, orders: 100 }]
    const simulated = scenario(pipeline([stage({ scaling })]), { trace })
    const run = only(simulate(simulated))
    expect(at(run, 59)).toMatchObject({ wanted: 0, members: 0 })
    const startSecond = run.samples.findIndex(({ wanted }) => wanted > 0)
    expect(startSecond).toBeGreaterThanOrEqual(60)
    expect(startSecond).toBeLessThanOrEqual(71)
    expect(last(run)).toMatchObject({ wanted: 0, lag: 0, done: 100 })
    const { cooldownSeconds } = simulated.stages[0]?.rules ?? expect.fail('a stage')
    expect(run.samples.length).toBeGreaterThan(60 + cooldownSeconds)
  })
})

describe('a pipeline scaled on flow', () => {
  /** Two stages one behind the other; a replica handles 100 messages a second. */
  const spec = pipeline([
    stage({ name: 'first', emits: [{ topic: 'next' }], workSeconds: 0.1 }),
    stage({ name: 'second', consumes: [{ topic: 'next' }], workSeconds: 0.1 }),
  ])
  const surroundings = { podStartSeconds: 3, rebalanceSeconds: 3, readinessSeconds: 5 }
  const minutes = (count: number, perSecond: number) => [
    { fromMs: 0, toMs: count * 60_000, orders: count * 60 * perSecond },
  ]
  const turns = (run: Run, simulated: Scenario) => figures(simulated, run, 50).stages.map((each) => each.turns)

  it(
    'scales out once, stays, and scales in once under a steady load at which scaling on lag swings',
    { timeout },
    () => {
      const load = { trace: minutes(15, 850), surroundings }
      const onLag = scenario(spec, load)
      expect(Math.max(...turns(simulate(onLag), onLag))).toBeGreaterThan(2)
      const onFlow = scenario(spec, { ...load, scaling: 'flow' })
      expect(Math.max(...turns(simulate(onFlow), onFlow))).toBe(1)
    },
  )

  it('has replicas with a utilization of 85 % for a steady load, and at most 20 % more', { timeout }, () => {
    const run = simulate(scenario(spec, { trace: minutes(15, 850), surroundings, scaling: 'flow' }))
    for (const each of run.stages) {
      expect(at(each, 800).wanted).toBeGreaterThanOrEqual(10)
      expect(at(each, 800).wanted).toBeLessThanOrEqual(12)
    }
  })

  it('scales the second stage before it has lag, when the first one has a backlog', { timeout }, () => {
    const trace = burst(60_000)
    const peak = (scaling: Scenario['scaling']) =>
      Math.max(
        ...(simulate(scenario(spec, { trace, surroundings, scaling })).stages[1]?.samples ?? []).map((s) => s.lag),
      )
    expect(peak('flow')).toBeLessThan(peak('lag'))
  })

  it('reaches the right number of replicas if messages take fifty times as long as declared', { timeout }, () => {
    const base = scenario(pipeline([stage({ workSeconds: 0.1 })]), {
      trace: minutes(15, 20),
      surroundings,
      scaling: 'flow',
    })
    const stages = base.stages.map((one) => ({ ...one, workSeconds: 5 }))
    const run = only(simulate({ ...base, stages }))
    // Two messages a second a replica.
    expect(at(run, 800).wanted).toBeGreaterThanOrEqual(11)
    expect(at(run, 800).wanted).toBeLessThanOrEqual(16)
    expect(last(run).lag).toBe(0)
  })

  describe('on saturated processors', () => {
    // 167 orders a second; a replica handles 100 without waiting, and 1.2 cores handle 100, less
    // what the replicas take for themselves.
    const saturated = (changes: Partial<Processors> = {}) => {
      const base = scenario(pipeline([stage({ workSeconds: 0.1 })]), {
        ...{ trace: minutes(30, 167), surroundings, scaling: 'flow', seconds: 1_800 },
      })
      const processors = { cores: 1.2, secondsPerMessage: 0.012, coresPerReplica: 0.02, ...changes }
      const stages = base.stages.map((one) => ({ ...one, processors }))
      return only(simulate({ ...base, stages }))
    }
    const most = ({ samples }: StageRun) => Math.max(...samples.map(({ wanted }) => wanted))

    it('keeps its replicas, which handle more than those that it had without a word of them', { timeout }, () => {
      const run = saturated()
      expect(most(run)).toBe(5)
      expect(last(run).lag).toBeGreaterThan(100_000)
      const unreported = saturated({ unreported: true })
      expect(most(unreported)).toBe(100)
      expect(last(run).done).toBeGreaterThan(2 * last(unreported).done)
    })

    it('has the replicas that the load needs where there are enough processors', { timeout }, () => {
      const run = saturated({ cores: 6 })
      expect(most(run)).toBeLessThanOrEqual(10)
      expect(last(run).lag).toBeLessThan(200)
    })
  })

  it('starts a stage at zero with its first message', () => {
    const scaling = { minReplicas: 0, maxReplicas: 10, lagPerReplica: 60 }
    const trace = [{ fromMs: 60_000, toMs: 60_000, orders: 100 }]
    const run = only(simulate(scenario(pipeline([stage({ scaling })]), { trace, scaling: 'flow' })))
    expect(at(run, 59).wanted).toBe(0)
    expect(at(run, 62).wanted).toBeGreaterThan(0)
    expect(last(run)).toMatchObject({ wanted: 0, lag: 0, done: 100 })
  })
})

describe('a stage scaled by steps of two', () => {
  it('adds at most two replicas, and pauses afterwards', () => {
    const run = only(simulate(scenario(pipeline([stage()]), { trace: burst(8_000), scaling: 'steps', seconds: 300 })))
    const desired = run.samples.map((sample) => sample.wanted)
    const changes = desired.flatMap((replicas, second) =>
      second > 0 && replicas !== desired[second - 1] ? [{ second, by: replicas - (desired[second - 1] ?? 0) }] : [],
    )
    expect(changes.length).toBeGreaterThan(1)
    for (const [index, { second, by }] of changes.entries()) {
      expect(Math.abs(by)).toBeLessThanOrEqual(2)
      if (index > 0) expect(second - (changes[index - 1]?.second ?? 0)).toBeGreaterThanOrEqual(90)
    }
  })
})
