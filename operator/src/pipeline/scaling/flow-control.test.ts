import { describe, expect, it } from 'vitest'
import { flowControl, flowRules } from './flow-control.ts'
import type { FlowControl, FlowSample } from './flow-control.ts'
import { decisionText } from './flow-decision.ts'
import { stage, pipeline } from '../testing.ts'
import { topologyOf } from '../kafka/topology.ts'

const scaling = { minReplicas: 1, maxReplicas: 20, drainSeconds: 15 }
const one = { concurrency: 1, scaling }
const first = stage({ ...one, name: 'first', consumes: [{ topic: 'in' }], emits: [{ topic: 'out' }], workSeconds: 0.1 })
const second = stage({ ...one, name: 'second', consumes: [{ topic: 'out' }], workSeconds: 0.5 })
const { spec } = pipeline({ topics: [{ name: 'in' }, { name: 'out' }], stages: [first, second] })

function control(): FlowControl {
  return flowControl(topologyOf(spec), spec.stages.map(flowRules))
}
function look(at: number, topic: string, arrived: number, handled = arrived): FlowSample {
  return {
    ...{ at, members: 1, current: 1, handled, partitions: 30 },
    arrived: new Map([[topic, arrived]]),
    lag: new Map([[topic, arrived - handled]]),
  }
}

describe('the flow control of a pipeline', () => {
  it('makes no decision before the second sample of a stage, since a rate needs two samples', () => {
    const flow = control()
    expect(flow.decide('first', 1)).toBeUndefined()
    flow.note('first', look(0, 'in', 100))
    flow.spread()
    expect(flow.decide('first', 1)).toBeUndefined()
  })

  it('keeps the replicas of a stage that keeps up with a steady load, although it has no lag', () => {
    const flow = control()
    for (let second = 0; second <= 60; second += 2) flow.note('first', look(second * 1_000, 'in', second * 8))
    flow.spread()
    const decided = flow.decide('first', 1) ?? expect.fail('nothing decided')
    // 8 a second; a replica handles 1 ÷ 0.1 = 10 a second, or more by measurement, and may be
    // filled to 85 %.
    expect(decided).toMatchObject({ replicas: 1, reason: 'Arrivals', figures: { arrivalsPerSecond: 8, backlog: 0 } })
    expect(decided.figures?.replicaPerSecond).toBeGreaterThanOrEqual(10)
    expect(decided.figures?.forArrivals).toBeGreaterThan(0)
  })

  it('scales a later stage on the arrivals of the first one, before it has lag', () => {
    const flow = control()
    for (let second = 0; second <= 20; second += 2) {
      flow.note('first', look(second * 1_000, 'in', second * 8, 0))
      flow.note('second', look(second * 1_000, 'out', 0))
    }
    flow.spread()
    const decided = flow.decide('second', 1) ?? expect.fail('nothing decided')
    expect(decided.figures?.arrivalsPerSecond).toBeGreaterThanOrEqual(8)
    expect(decided.replicas).toBeGreaterThanOrEqual(5) // 8 a second ÷ 2 a second of a replica ÷ 0.85
  })

  it('asks for the replicas of slow messages before their rate is measured, although others were just added', () => {
    const flow = control()
    // Declared are 10 a second; after six seconds one is handled.
    const handledAt = [0, 0, 0, 1, 1]
    for (const [index, handled] of handledAt.entries())
      flow.note('first', { ...look(index * 2_000, 'in', 10 + index * 40, handled), current: index < 2 ? 1 : 2 })
    flow.spread()
    const decided = flow.decide('first', 2) ?? expect.fail('nothing decided')
    expect(decided.figures?.replicaPerSecond).toBeLessThan(0.5)
    expect(decided).toMatchObject({ replicas: 20, reason: 'AtMaximum' })
    expect(decided.figures).not.toHaveProperty('measuredAt')
  })

  it('does not scale out for the backlog of one partition', () => {
    const flow = control()
    for (let second = 0; second <= 60; second += 2)
      flow.note('first', { ...look(second * 1_000, 'in', second * 20, second * 8), members: 5, current: 5, usable: 2 })
    flow.spread()
    expect(flow.decide('first', 5)).toMatchObject({ replicas: 4, reason: 'HotPartition', figures: { forBacklog: 1 } })
  })

  it('does not add replicas while a stage handles no message, although its backlog grows', () => {
    const flow = control()
    for (let second = 0; second <= 60; second += 2) flow.note('first', look(second * 1_000, 'in', second * 100, 0))
    flow.spread()
    expect(flow.decide('first', 3)).toMatchObject({ replicas: 3, reason: 'Holding', lag: 6_000 })
    flow.note('first', look(62_000, 'in', 6_200, 10))
    expect(flow.decide('first', 3)?.replicas).toBeGreaterThan(3)
  })

  describe('of replicas that wait for a processor', () => {
    /**
     * 30 messages a second arrive, 10 are handled by two replicas, each of which is to handle 10.
     */
    const starved = (second: number, processorWait: number): FlowSample => ({
      ...look(second * 1_000, 'in', second * 30, second * 10),
      ...{ members: 2, current: 2, processorWait },
    })
    const decided = (processorWait: number) => {
      const flow = control()
      for (let second = 0; second <= 60; second += 2) flow.note('first', starved(second, processorWait))
      flow.spread()
      return flow
    }

    it('asks for no more of them than the arrivals need without waiting, and says why', () => {
      expect(decided(0.05).decide('first', 2)).toMatchObject({ replicas: 20, reason: 'AtMaximum' })
      const decision = decided(0.4).decide('first', 2) ?? expect.fail('nothing decided')
      expect(decision).toMatchObject({ replicas: 4, reason: 'ProcessorsSaturated' })
      expect(decision.figures).toMatchObject({ processorWait: expect.closeTo(0.4) as number, replicaPerSecond: 5 })
      expect(decisionText(decision, 60_000)).toContain('wait for a processor in 40 % of the time')
    })

    it('scales out for the backlog again once they have hardly waited for half a minute', () => {
      const flow = decided(0.4)
      for (let second = 62; second <= 90; second += 2) flow.note('first', starved(second, 0))
      flow.spread()
      expect(flow.decide('first', 2)).toMatchObject({ replicas: 20, reason: 'AtMaximum' })
    })

    it('passes no more on to later stages than they handle', () => {
      const flow = decided(0.4)
      for (let second = 0; second <= 60; second += 2) flow.note('second', look(second * 1_000, 'out', second * 10))
      flow.spread()
      expect(flow.decide('second', 1)?.figures?.arrivalsPerSecond).toBeCloseTo(11)
    })
  })

  it('ignores a stage that is not in the pipeline', () => {
    const flow = control()
    flow.note('gone', look(0, 'in', 1))
    expect(flow.decide('gone', 1)).toBeUndefined()
  })
})
