import { describe, expect, it } from 'vitest'
import type { ChildObject, Deployment } from '../api/index.ts'
import { desired } from '../pipeline/index.ts'
import type { PartitionOffsets } from '../pipeline/index.ts'
import { pipeline, settings, stage } from '../pipeline/testing.ts'
import { flowLog } from './flow-log.ts'

const scaling = { policy: 'Flow', minReplicas: 1, maxReplicas: 20, drainSeconds: 15 } as const
const flowPipeline = pipeline({
  topics: [{ name: 'in' }],
  stages: [stage({ consumes: [{ topic: 'in' }], concurrency: 1, workSeconds: 0.1, scaling })],
})
function withReplicas(replicas: number): ChildObject[] {
  return desired(flowPipeline, [], settings).map((child): ChildObject => {
    if (child.kind !== 'Deployment') return child
    const deployment: Deployment = { ...child, spec: { ...child.spec, replicas }, status: { readyReplicas: replicas } }
    return deployment
  })
}
function offsets(high: number, committed: number, metadata = ''): ReadonlyMap<string, readonly PartitionOffsets[]> {
  return new Map([['default.shop.payment', [{ topic: 'shop.in', low: 0, high, committed, metadata }]]])
}

const dayOne = Date.parse('2026-01-01T00:00:00Z')
function log() {
  const clock = { now: 0 }
  const flows = flowLog({ now: () => clock.now, wall: () => dayOne + clock.now })
  return {
    look: (second: number, high: number, committed = high, replicas = 1, metadata = '') => {
      clock.now = second * 1_000
      return flows.note(flowPipeline, withReplicas(replicas), offsets(high, committed, metadata))
    },
    answerAt: (second: number, replicas: number) => {
      clock.now = second * 1_000
      return flows.answer(flowPipeline, withReplicas(replicas), 'payment')
    },
    historyAt: (second: number, replicas: number) => {
      clock.now = second * 1_000
      return flows.history(flowPipeline, withReplicas(replicas), 'payment')
    },
    flows,
  }
}

describe('the operator’s answer about the flow of a stage', () => {
  it('keeps the replicas for the first 15 seconds, in which a rate would be noise', () => {
    const { look, answerAt } = log()
    look(0, 0)
    look(2, 200)
    expect(answerAt(2, 4)).toMatchObject({ metric: 4, replicas: 4, current: 4 })
  })

  it('gives a stage with 0 replicas its first one at once if messages wait', () => {
    const { look, answerAt } = log()
    look(0, 5, 0, 0)
    expect(answerAt(0, 0)).toMatchObject({ metric: 1 })
  })

  it('follows the rates afterwards, limited by the partitions of its topics', () => {
    const { look, answerAt } = log()
    for (let second = 0; second <= 20; second += 2) look(second, second * 40)
    expect(answerAt(20, 1)).toMatchObject({
      replicas: 1,
      metric: 1,
      reason: expect.stringContaining('partitions') as string,
      decision: { reason: 'AtPartitions', lag: 0, figures: { partitions: 1, arrivalsPerSecond: 40 } },
    })
  })

  it('has the wait for a processor that the replicas note with their offsets', () => {
    const { look, answerAt } = log()
    for (let second = 0; second <= 40; second += 2)
      look(second, second * 40, second * 2, 1, 'high+3 processor+40 database 7')
    expect(answerAt(40, 1)).toMatchObject({ decision: { figures: { processorWait: expect.closeTo(0.4) as number } } })
  })

  it('has its changes with time and reason, also those without a request meanwhile', () => {
    const { look, historyAt, flows } = log()
    look(0, 5, 0, 0)
    for (let second = 2; second <= 20; second += 2) look(second, 5, 5, 1)
    expect(historyAt(20, 1)).toMatchObject({
      since: '2026-01-01T00:00:00.000Z',
      replicas: 1,
      changes: [{ at: dayOne, from: 0, to: 1, reason: 'Unmeasured' }],
    })
    flows.forget('default/shop')
    expect(historyAt(20, 1)).toBe('its offsets are unknown yet')
  })

  it('is for the status its last change, noted once', () => {
    const { look, flows } = log()
    expect(look(0, 5, 0, 0)).toBe(true)
    expect([2, 4, 6].map((second) => look(second, 5, 5, 1))).toEqual([false, false, false])
    expect(flows.changesOf('default/shop').get('payment')).toMatchObject({
      ...{ at: '2026-01-01T00:00:00.000Z', from: 0, to: 1, reason: 'Unmeasured' },
    })
    expect(flows.changesOf('default/other').size).toBe(0)
  })

  it('is absent before the first read of offsets, and half a minute after the last one', () => {
    const { look, answerAt, flows } = log()
    expect(answerAt(0, 1)).toBe('its offsets are unknown yet')
    for (let second = 0; second <= 20; second += 2) look(second, second)
    expect(answerAt(50, 1)).toMatchObject({ current: 1 })
    expect(answerAt(51, 1)).toBe('its offsets were last read 31 s ago')
    flows.forget('default/shop')
    expect(answerAt(20, 1)).toBe('its offsets are unknown yet')
  })

  it('is absent for a stage on lag', () => {
    const { flows } = log()
    const onLag = pipeline({ stages: [stage()] })
    expect(flows.answer(onLag, [], 'payment')).toBe('no stage payment with scaling.policy Flow')
  })
})
