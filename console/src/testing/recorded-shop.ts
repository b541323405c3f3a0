// What do the console's tests look at? The shop of examples/shop.yaml over two hours with two
// bursts, as an API server would show it: the operator's own objects, and figures from a plain
// account of what arrives and what is done. The same for the same time.
import { readFileSync } from 'node:fs'
import type { LabelledPod, Listed } from '@orderpipeline/client'
import type { Deployment, KafkaTopic, OrderPipeline, ScaledObject, StageStatus } from '@orderpipeline/operator/api'
import { desired, partsOf } from '@orderpipeline/operator/pipeline'
import { parse } from 'yaml'
import type { DeadLetterSummary } from '../model/dead-letters.ts'
import type { CustomerOrders, OrderSummary, OrderView } from '../model/orders.ts'
import type { NamespaceSnapshot } from '../server/pipeline-state.ts'
import { recordedChannels, recordedLevels, recordedStock } from './recorded-staff.ts'
import type { Source } from '../server/source.ts'
import { autoscalerOf, desiredReplicasOf } from './recorded-autoscaler.ts'
import type { PartRun } from './recorded-autoscaler.ts'
import { recordedEvents } from './recorded-events.ts'
import { topicLags } from './recorded-lags.ts'
import { recordedObjectives, recordedSlo } from './recorded-objectives.ts'

const file = new URL('../../../examples/shop.yaml', import.meta.url)
export function shopPipeline(): OrderPipeline {
  const shop = parse(readFileSync(file, 'utf8')) as OrderPipeline
  const metadata = { ...shop.metadata, namespace: 'default', generation: 3, uid: 'shop' }
  return { ...shop, metadata, spec: { ...shop.spec, slo: recordedSlo } }
}

export type Runs = Record<string, PartRun>

export interface RecordedSource extends Source {
  /** Unix milliseconds: what `look` shows is of then. */
  at: number
}

const stepSeconds = 5
/** Messages a replica does in a second. */
const pace: Readonly<Record<string, number>> = {
  orders: 500,
  inventory: 500,
  payment: 8,
  shipping: 1_000,
  notification: 2_000,
}
/** Messages for each order. */
const ratio: Readonly<Record<string, number>> = { orders: 4, inventory: 2, payment: 1, shipping: 2, notification: 3 }

/** `start` and `at` are Unix milliseconds; the shop has been idle before `start`. */
export function recordedSource(start: number, pipeline = shopPipeline()): RecordedSource {
  const settings = { servicesImage: 'services:1', imagePullPolicy: 'IfNotPresent', serviceDomain: 'svc' } as const
  const children = desired(pipeline, [], settings)
  const scaledObjects = children.filter((child): child is ScaledObject => child.kind === 'ScaledObject')
  const runs: Runs = Object.fromEntries(
    partsOf(pipeline.spec).map(({ name, scaling: { minReplicas: ready } }) => [
      name,
      { lag: 0, arrived: 0, consumed: 0, ready, wanted: ready, asked: [] },
    ]),
  )
  let simulatedUntil = start
  const source: RecordedSource = {
    ...{ cluster: 'recorded (a file)', namespace: 'default', at: start },
    look: () => {
      for (; simulatedUntil < source.at; simulatedUntil += stepSeconds * 1_000)
        advance(runs, scaledObjects, (simulatedUntil - start) / 1_000)
      return Promise.resolve(
        lookAt(source.at, { pipeline, children, scaledObjects, runs, rate: rateAt((source.at - start) / 1_000) }),
      )
    },
    order: (_pipeline, id, staffToken) => Promise.resolve(recordedOrderOf(id, staffToken !== undefined)),
    stock: (_pipeline, query) => Promise.resolve(recordedStock(query)),
    channelsOf: () => Promise.resolve(recordedChannels),
    ordersOf: (_pipeline, customer, cursor) => Promise.resolve(recordedOrdersOf(customer, cursor)),
    letters: () => Promise.resolve(recordedDeadLetters),
  }
  return source
}

/**
 * Orders a second: a low rate, a burst after an hour and a half, and one that began a minute before
 * two hours are over.
 */
function rateAt(seconds: number): number {
  const wave = 6 + 3 * Math.sin(seconds / 300)
  if (seconds > 5_760 && seconds < 6_060) return 620 + 4 * wave
  if (seconds > 7_130) return 540 + 4 * wave
  return 22 + wave
}

function advance(runs: Runs, scaledObjects: readonly ScaledObject[], seconds: number): void {
  const rate = rateAt(seconds)
  for (const [name, run] of Object.entries(runs)) {
    const scaledObject = scaledObjects.find(({ metadata }) => metadata.name.endsWith(`-${name}`))
    const able = (pace[name] ?? 100) * run.ready
    run.arrived = rate * (ratio[name] ?? 1)
    run.consumed = Math.min(able, run.arrived + run.lag / stepSeconds)
    run.lag = Math.max(0, Math.round(run.lag + (run.arrived - run.consumed) * stepSeconds))
    if (!scaledObject) continue
    if (seconds % 15 === 0) run.wanted = name === 'gateway' ? gatewayWants(rate) : desiredReplicasOf(scaledObject, run)
    run.ready += Math.sign(run.wanted - run.ready) * Math.min(3, Math.abs(run.wanted - run.ready))
  }
}

function gatewayWants(rate: number): number {
  return Math.max(5, Math.ceil(rate / 30))
}

interface Recorded {
  readonly pipeline: OrderPipeline
  readonly children: ReturnType<typeof desired>
  readonly scaledObjects: readonly ScaledObject[]
  readonly runs: Runs
  readonly rate: number
}

function lookAt(at: number, { pipeline, children, scaledObjects, runs, rate }: Recorded): NamespaceSnapshot {
  const runOf = (name: string): PartRun =>
    runs[name] ?? { lag: 0, arrived: 0, consumed: 0, ready: 0, wanted: 0, asked: [] }
  const partOf = ({ metadata }: { readonly metadata: { readonly name: string } }): string =>
    metadata.name.slice(pipeline.metadata.name.length + 1)
  const listed: Listed = {
    scaledObjects: scaledObjects.map((one) => ({
      ...one,
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    })),
    autoscalers: scaledObjects.map((one) => autoscalerOf(one, runOf(partOf(one)), rate)),
    deployments: children
      .filter((child): child is Deployment => child.kind === 'Deployment')
      .map(({ metadata, spec }) => {
        const { ready, wanted: desired } = runOf(partOf({ metadata }))
        return { metadata, spec: { ...spec, replicas: desired }, status: { replicas: desired, readyReplicas: ready } }
      }),
    topics: children.filter((child): child is KafkaTopic => child.kind === 'KafkaTopic'),
    pods: scaledObjects.flatMap((one) => podsOf(partOf(one), pipeline.metadata.name, runOf(partOf(one)))),
  }
  return {
    at,
    pipelines: [{ ...pipeline, status: statusOf(pipeline, runs, rate, at) }],
    listed,
    events: recordedEvents(at),
  }
}

function podsOf(part: string, pipeline: string, { ready, wanted: desired }: PartRun): LabelledPod[] {
  const labels = { 'orderpipeline.dev/pipeline': pipeline, 'orderpipeline.dev/stage': part }
  return Array.from({ length: Math.max(ready, desired) }, (_, index) => ({
    metadata: { name: `${pipeline}-${part}-${index}`, labels },
    status: {
      phase: index < ready ? 'Running' : 'Pending',
      conditions: [{ type: 'Ready', status: index < ready ? 'True' : 'False' }],
      containerStatuses: [index < ready ? {} : { state: { waiting: { reason: 'ContainerCreating' } } }],
    },
  }))
}

function statusOf(pipeline: OrderPipeline, runs: Runs, rate: number, at: number): NonNullable<OrderPipeline['status']> {
  const all = Object.values(runs)
  const stages = pipeline.spec.stages.map(({ name, consumes }): StageStatus => {
    const {
      lag,
      arrived,
      consumed,
      ready,
      wanted: desired,
    } = runs[name] ?? {
      lag: 0,
      arrived: 0,
      consumed: 0,
      ready: 0,
      wanted: 0,
      asked: [],
    }
    const rates = { arrivedPerSecond: Math.round(arrived * 10) / 10, consumedPerSecond: Math.round(consumed * 10) / 10 }
    return {
      name,
      replicas: desired,
      readyReplicas: ready,
      desiredReplicas: desired,
      lag,
      ...rates,
      ...topicLags(consumes, lag),
    }
  })
  const since = new Date(at - 3_600_000).toISOString()
  // As the operator has them also while stages are scaled: more than minReplicas are ready.
  const condition = (type: string, reason: string, message: string) =>
    ({ type, status: 'True', reason, message, lastTransitionTime: since }) as never
  return {
    observedGeneration: pipeline.metadata.generation ?? 1,
    conditions: [
      condition('Ready', 'AllReady', 'topics, workloads and scaling are as the spec says'),
      condition('Configured', 'Applied', 'every object is as the spec says'),
      condition('TopicsReady', 'AllReady', `${pipeline.spec.topics.length} topics are as the spec says`),
      condition('WorkloadsReady', 'AllReady', 'every stage and the gateway have at least minReplicas ready'),
      condition('ScalingReady', 'AllReady', 'every stage and the gateway are scaled'),
    ],
    totals: {
      stages: '5/5',
      replicas: `${all.reduce((sum, { ready }) => sum + ready, 0)}/${all.reduce((sum, { wanted }) => sum + wanted, 0)}`,
      lag: all.reduce((sum, { lag }) => sum + lag, 0),
      ordersPerSecond: Math.round(rate * 10) / 10,
    },
    capacity: { ordersPerSecond: 800, bottleneck: 'payment' },
    slo: recordedObjectives(at),
    stages,
  }
}

/** In the burst: the order waits for payment since. */
const placedAt = Date.now() - 45_000
function after(milliseconds: number): string {
  return new Date(placedAt + milliseconds).toISOString()
}

export const recordedOrder: OrderView = {
  orderId: '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f',
  customerId: 'customer-1842',
  status: 'PROCESSING',
  currency: 'EUR',
  totalCents: 4_997,
  items: [
    { sku: 'SKU-0001', quantity: 2 },
    { sku: 'SKU-0042', quantity: 1 },
  ],
  requestId: '3f0c1c1e-8f0b-4c7e-9d5a-2b7d9c1e4a10',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  placedAt: after(0),
  updatedAt: after(410),
  timeline: [
    { event: 'OrderPlaced', status: 'PLACED', at: after(0) },
    { event: 'OrderValidated', status: 'PROCESSING', at: after(180) },
    { event: 'StockReserved', at: after(410) },
  ],
}

/** A shipped order of the class high, refunded in part, and disputed for the rest. */
export const refundedOrder: OrderView = {
  ...{ orderId: '01936d5e-7a2b-7c3d-8e4f-00000000aaaa', customerId: 'customer-000777', status: 'SHIPPED' },
  ...{ currency: 'EUR', totalCents: 4_997, items: [{ sku: 'SKU-0001', quantity: 3 }], priority: 'high' },
  ...{ placedAt: after(0), updatedAt: after(900) },
  refunds: [
    {
      ...{ refundId: '01936d60-0c1d-7e2f-9a3b-4c5d6e7f8a9b', amountCents: 1_000, status: 'REFUNDED' },
      ...{ reason: 'sent back', items: [{ sku: 'SKU-0001', quantity: 1 }] },
    },
    {
      ...{ refundId: '01936d60-0c1d-7e2f-9a3b-4c5d6e7f8a9c', amountCents: 500, status: 'REFUSED' },
      ...{ reason: 'arrived late', refusal: 'DISPUTED' },
    },
  ],
  parcel: {
    ...{ carrier: 'Parcel Post', trackingNumber: 'PP123456789', status: 'DELIVERED' },
    trackingUrl: 'https://track.example.com/PP123456789',
  },
  disputes: [{ disputeId: 'du-1', amountCents: 3_997, currency: 'EUR', status: 'LOST', reason: 'fraudulent' }],
  timeline: [
    { event: 'OrderPlaced', status: 'PLACED', at: after(0) },
    { event: 'OrderShipped', status: 'SHIPPED', at: after(900) },
    { event: 'ParcelStatusChanged', at: after(1_900) },
  ],
}

export const recordedHeldOrder: OrderView = {
  ...recordedOrder,
  ...{ orderId: '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e10', status: 'HELD', updatedAt: after(560) },
  timeline: [
    ...recordedOrder.timeline,
    { event: 'HoldRequested', at: after(540) },
    { event: 'OrderHeld', status: 'HELD', at: after(560) },
  ],
}

function recordedOrderOf(id: string, asStaff: boolean): OrderView | undefined {
  const order = [recordedOrder, recordedHeldOrder, refundedOrder].find(({ orderId }) => orderId === id)
  if (order === undefined || !asStaff) return order
  const hold = { reasons: ['MANY_ORDERS'], heldAt: after(560), dueAt: after(86_400_560), atDue: 'CANCEL' } as const
  const looks = [{ staff: 'kim', looks: 3, lastAt: after(30_000) }]
  const stock = recordedLevels.filter(({ sku }) => order.items.some((item) => item.sku === sku))
  return { ...order, staff: { ...(order === recordedHeldOrder ? { hold } : {}), acts: [], looks, stock } }
}

/** Two pages of the recorded order's customer. */
function recordedOrdersOf(customer: string, cursor: string | undefined): CustomerOrders {
  if (customer !== recordedOrder.customerId) return { orders: [] }
  const older = (index: number): OrderSummary => ({
    ...{ orderId: `01936d5e-7a2b-7c3d-8e4f-${(index + 16).toString(16).padStart(12, '0')}`, currency: 'EUR' },
    ...{ status: index % 5 === 0 ? 'CANCELLED' : 'SHIPPED', totalCents: 1_000 + 731 * index },
    ...{ placedAt: after(-index * 3_600_000), updatedAt: after(-index * 3_600_000 + 4_000) },
  })
  const all = [recordedOrder, ...Array.from({ length: 24 }, (_, index) => older(index + 1))]
  return cursor === undefined ? { orders: all.slice(0, 20), next: 'older' } : { orders: all.slice(20) }
}

function deadLetter(index: number, stage: string, reason: string, verdict: string, message: string): DeadLetterSummary {
  return {
    ...{ id: `${stage}/${index % 3}/${index}`, stage, reason, verdict, message, state: 'open' },
    at: after((index - 30) * 61_000),
    order: `01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e${(16 + index).toString(16)}`,
  }
}

export const recordedDeadLetters: readonly DeadLetterSummary[] = [
  ...Array.from({ length: 17 }, (_, index) =>
    deadLetter(index, 'payment', 'ProviderFault', 'retry', 'the provider answered 503 to 5 attempts within 62 s'),
  ),
  ...Array.from({ length: 3 }, (_, index) =>
    deadLetter(
      index,
      'orders',
      'UndecodableEvent',
      'never',
      'data.items: found "two"; allowed: a list of 1 to 50 items',
    ),
  ),
]
