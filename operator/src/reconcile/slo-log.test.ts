import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import type { ObjectiveStatus, OrderPipeline } from '../api/index.ts'
import { sloStatus } from '../pipeline/index.ts'
import type { PartitionOffsets } from '../pipeline/index.ts'
import { sloMetrics } from './slo-metrics.ts'
import { sloLog } from './slo-log.ts'

interface Changes {
  readonly suspend?: boolean
  readonly freshnessSeconds?: number
  readonly slo?: readonly ObjectiveStatus[]
  readonly withoutObjectives?: true
}

function pipeline({ suspend = false, freshnessSeconds = 60, slo, withoutObjectives }: Changes = {}): OrderPipeline {
  const scaling = { minReplicas: 1, maxReplicas: 2, lagPerReplica: 10 }
  return {
    apiVersion: 'orderpipeline.dev/v1alpha1',
    kind: 'OrderPipeline',
    metadata: { name: 'shop', namespace: 'default' },
    spec: {
      kafka: { strimziCluster: 'kafka' },
      topics: [{ name: 'orders' }],
      stages: [{ name: 'payment', consumes: [{ topic: 'orders' }], scaling }],
      ...(withoutObjectives ? {} : { slo: { stages: [{ name: 'payment', freshnessSeconds, objective: 99 }] } }),
      suspend,
    },
    ...(slo ? { status: { slo } } : {}),
  }
}

function offsets(high: number, committed: number): ReadonlyMap<string, readonly PartitionOffsets[]> {
  return new Map([['default.shop.payment', [{ topic: 'shop.orders', low: 0, high, committed }]]])
}

function logAt() {
  let ms = Date.parse('2026-11-01T00:00:00Z')
  const log = sloLog({ now: () => ms, wall: () => ms }, 60_000)
  const look = (
    seconds: number,
    of: OrderPipeline,
    read: ReadonlyMap<string, readonly PartitionOffsets[]>,
  ): boolean[] =>
    Array.from({ length: seconds / 5 }, () => {
      const changed = log.note(of, read)
      ms += 5_000
      return changed
    })
  return { log, look, pass: (seconds: number) => (ms += seconds * 1000) }
}

function budgetOf(log: ReturnType<typeof logAt>['log'], of: OrderPipeline) {
  return log.budgetsOf(of).get('payment')
}

describe('what an operator measures of an objective', () => {
  it('are the seconds between two reads, and those of them in which the stage was late', () => {
    const { log, look } = logAt()
    look(600, pipeline(), offsets(5, 5))
    expect(budgetOf(log, pipeline())).toMatchObject({ measuredSeconds: 595, lateSeconds: 0, budgetLeftPercent: 100 })
    look(600, pipeline(), offsets(9, 5))
    const { lateSeconds = 0, burnRate = 0 } = budgetOf(log, pipeline()) ?? {}
    expect(lateSeconds).toBeGreaterThan(500)
    expect(burnRate).toBeGreaterThan(14.4)
  })

  it('is not the time without an answer of Kafka', () => {
    const { log, look, pass } = logAt()
    look(300, pipeline(), offsets(5, 5))
    pass(3600)
    look(300, pipeline(), offsets(5, 5))
    look(300, pipeline(), new Map())
    expect(budgetOf(log, pipeline())?.measuredSeconds).toBeLessThan(600)
  })

  it('is not the time in which the pipeline is suspended, nor the lag from then', () => {
    const { log, look } = logAt()
    look(300, pipeline(), offsets(5, 5))
    look(600, pipeline({ suspend: true }), offsets(9, 5))
    look(30, pipeline(), offsets(9, 9))
    expect(budgetOf(log, pipeline())).toMatchObject({ lateSeconds: 0 })
  })

  it('begins again with another target, since late meant something else', () => {
    const { log, look } = logAt()
    look(600, pipeline(), offsets(9, 5))
    const changed = pipeline({ freshnessSeconds: 600 })
    expect(log.budgetsOf(changed).size).toBe(0)
    look(60, changed, offsets(9, 9))
    expect(budgetOf(log, changed)).toMatchObject({ lateSeconds: 0 })
  })

  it('is carried on by the replica that leads next', () => {
    const before = logAt()
    before.look(900, pipeline(), offsets(9, 5))
    const slo = sloStatus(pipeline(), before.log.budgetsOf(pipeline())) ?? []
    const { log, look } = logAt()
    expect(sloStatus(pipeline({ slo }))).toEqual(slo)
    look(60, pipeline({ slo }), offsets(9, 9))
    expect(budgetOf(log, pipeline({ slo }))).toMatchObject({ lateSeconds: slo[0]?.lateSeconds, since: slo[0]?.since })
  })

  it('asks for a look at the status only where a figure of it has changed', () => {
    const { look } = logAt()
    const quiet = look(3000, pipeline(), offsets(5, 5))
    expect(quiet.filter((changed) => changed)).toHaveLength(2) // the first look, and the first burn rate
    expect(look(300, pipeline(), offsets(9, 5))).toContain(true)
    expect(look(300, pipeline({ withoutObjectives: true }), offsets(9, 5))).not.toContain(true)
  })

  it('is served as counters, until the pipeline is gone', async () => {
    const { log, look } = logAt()
    const registry = new Registry()
    sloMetrics(registry, log.totals)
    look(600, pipeline(), offsets(5, 5))
    const labels = '{namespace="default",pipeline="shop",stage="payment"}'
    expect(await registry.metrics()).toContain(`orderpipeline_slo_measured_seconds_total${labels} 595`)
    expect(await registry.metrics()).toContain(`orderpipeline_slo_late_seconds_total${labels} 0`)
    log.forget('default/shop')
    expect(await registry.metrics()).not.toContain(labels)
  })
})
