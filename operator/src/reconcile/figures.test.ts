// What does a tick of the lag cost? The status of a pipeline and, only where it is written, its
// topics; never its other children.
import { describe, expect, it } from 'vitest'
import { childResources, orderPipelines } from '../api/index.ts'
import type { ChildObject, OrderPipeline } from '../api/index.ts'
import type { OrderPipelineStatus, Resource } from '../api/index.ts'
import { createInformer } from '../kube/informer.ts'
import { store } from '../kube/object-store.ts'
import type { Kube } from '../kube/port.ts'
import type { MeasuredStage, StatusChange } from '../pipeline/index.ts'
import { figuresPass } from './figures.ts'
import { throughputLog } from './throughput-log.ts'
import type { ThroughputLog } from './throughput-log.ts'

const stage = {
  name: 'payment',
  consumes: [{ topic: 'orders' }],
  scaling: { minReplicas: 1, maxReplicas: 2, lagPerReplica: 10 },
}
const status: OrderPipelineStatus = {
  observedGeneration: 1,
  conditions: [],
  totals: { stages: '1/1', replicas: '1/1', lag: 5 },
  stages: [{ name: 'payment', replicas: 1, readyReplicas: 1, desiredReplicas: 1, lag: 5 }],
}
function pipeline(suspend = false): OrderPipeline {
  return {
    apiVersion: 'orderpipeline.dev/v1alpha1',
    kind: 'OrderPipeline',
    metadata: { name: 'shop', namespace: 'default', generation: 1 },
    spec: { kafka: { strimziCluster: 'kafka' }, topics: [{ name: 'orders' }], stages: [stage], suspend },
    status,
  }
}

const noted: Pick<ThroughputLog, 'noteFigures'> = { noteFigures: () => new Map() }
const figures: MeasuredStage = { lag: 900 }
const clock = { now: () => 0, random: () => 0 }

async function look(of: OrderPipeline, change: StatusChange, { throughput = noted, acts = true } = {}) {
  const statuses: OrderPipelineStatus[] = []
  const reads: string[] = []
  const informer = (resource: Resource) => ({
    ...createInformer({} as Kube, resource, {}, { changed: () => undefined, restarted: () => undefined }, clock),
    store: {
      ...store(),
      get: () => of,
      ofPipeline: () => (reads.push(resource.kind), []),
    },
  })
  const pass = figuresPass({
    status: { due: () => change, put: (_, one) => (statuses.push(one), Promise.resolve(undefined)) },
    throughput,
    slo: { budgetsOf: () => new Map() },
    lagOf: () => new Map([['payment', figures]]),
    topics: { topicsOf: () => undefined },
    informers: { pipelines: informer(orderPipelines), children: childResources.map(informer) },
    acts: () => acts,
    shown: () => undefined,
  })
  return { next: await pass('default/shop'), lags: statuses.map(({ totals }) => totals?.lag), reads }
}

describe('a pass over the figures', () => {
  it('writes what the lag is now', async () => {
    expect(await look(pipeline(), { write: 'now' })).toEqual({
      next: { kind: 'done' },
      lags: [900],
      reads: ['KafkaTopic'],
    })
  })

  it('reads no object where nothing is to be written, and comes back when it is due', async () => {
    expect(await look(pipeline(), { write: 'never' })).toEqual({ next: { kind: 'done' }, lags: [], reads: [] })
    const later = await look(pipeline(), { write: 'later', waitMs: 700 })
    expect(later).toEqual({ next: { kind: 'after', ms: 700 }, lags: [], reads: [] })
  })

  it('leaves a pipeline to a whole pass that has not had one, since its replicas are unknown', async () => {
    expect((await look(pipeline(), { write: 'now' }, { throughput: throughputLog(() => 0) })).next).toEqual({
      kind: 'whole',
    })
  })

  it('leaves a pipeline to a whole pass that this installation does not act on yet', async () => {
    const { next, lags } = await look(pipeline(), { write: 'now' }, { acts: false })
    expect({ next, lags }).toEqual({ next: { kind: 'whole' }, lags: [] })
  })

  it('leaves a suspended pipeline to a whole pass: its lag decides whether it stops', async () => {
    expect((await look(pipeline(true), { write: 'now' })).next).toEqual({ kind: 'whole' })
  })
})

describe('the throughput of a stage', () => {
  const busy = new Map([['payment', { lag: 10_000, consumedPerSecond: 20 }]])
  const deployment = (readyReplicas: number): ChildObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      ...{ name: 'shop-payment', namespace: 'default' },
      labels: { 'app.kubernetes.io/managed-by': 'orderpipeline', 'orderpipeline.dev/pipeline': 'shop' },
    },
    spec: { selector: {}, template: {} },
    status: { readyReplicas },
  })

  it('is measured by ticks of the lag as well, with the replicas of the last whole pass', () => {
    let now = 0
    const log = throughputLog(() => now)
    expect(log.noteFigures(pipeline(), busy)).toBeUndefined()
    log.note(pipeline(), [deployment(2)], busy)
    now = 120_000
    expect(log.noteFigures(pipeline(), busy)?.get('payment')?.workSeconds).toBe(1) // 2 × 10 in flight ÷ 20 a second
    const edited = { ...pipeline(), metadata: { ...pipeline().metadata, generation: 2 } }
    expect(log.noteFigures(edited, busy)).toBeUndefined()
  })
})
