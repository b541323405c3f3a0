import { encode, eventOf } from '@orderpipeline/order-events'
import type { OrderEvent } from '@orderpipeline/order-events'
import { describe, expect, it } from 'vitest'
import type { OrderPipelineSpec } from '../../api/index.ts'
import { capacityOf } from './capacity.ts'
import { capacityFigures, figureNames, figuresWith } from './capacity-figures.ts'
import type { Figures } from './capacity-figures.ts'
import { capacityPlan } from './capacity-plan.ts'
import { pipeline, stage } from '../testing.ts'

function shop(changes: Partial<OrderPipelineSpec> = {}): OrderPipelineSpec {
  return pipeline({
    database: { secretName: 'shop-postgres', key: 'url', maxConnections: 100 },
    gateway: { scaling: { minReplicas: 2, maxReplicas: 4, cpuPercent: 70 } },
    topics: [{ name: 'orders.placed', partitions: 12, retentionHours: 24, replicationFactor: 2 }, { name: 'paid' }],
    stages: [
      stage({
        name: 'payment',
        consumes: [{ topic: 'orders.placed' }],
        concurrency: 10,
        workSeconds: 0.1,
        scaling: { minReplicas: 1, maxReplicas: 20, lagPerReplica: 10 },
      }),
    ],
    ...changes,
  }).spec
}

/** Round figures, so that a plan can be checked by hand. */
const round: Figures = figuresWith({
  messageBytes: 1_000,
  rowsPerOrder: 50,
  databaseMsPerOrder: 2,
  databaseCores: 4,
  gatewayOrders: 500,
  relayOrders: 1_500,
  partitionMegabytes: 10,
  retentionHours: 168,
  replicationFactor: 3,
  brokerPartitions: 1_000,
  brokerMegabytes: 20,
})

function planOf(spec: OrderPipelineSpec, peak: number, figures = round, average = peak) {
  return capacityPlan(spec, capacityOf(spec), { load: { peak, average }, figures })
}

describe('the plan for a rate', () => {
  it('has partitions by the bytes and by the replicas of a topic, and disk by what is kept of the average', () => {
    const [placed, paid] = planOf(shop(), 500, round, 100).topics
    expect(placed).toMatchObject({ partitions: 12, byParallelism: 6, byThroughput: 1, bytesPerSecond: 500_000 })
    expect(placed?.diskBytes).toBe(100 * 1_000 * 24 * 3_600 * 2)
    expect(paid).toMatchObject({ byParallelism: undefined, retentionHours: 168 })
    expect(paid?.diskBytes).toBe(100 * 1_000 * 168 * 3_600 * 3)
  })

  it('asks for more partitions than work needs where the messages are large, and does not fit without them', () => {
    const { topics, fits } = planOf(shop(), 500, { ...round, messageBytes: 1_000_000 })
    expect(topics[0]).toMatchObject({ byThroughput: 50, byParallelism: 6 })
    expect(fits).toBe(false)
  })

  it('names what gives out first, whichever it is', () => {
    const first = (changes: Partial<Figures>, spec = shop()) => {
      const { bottleneck, sustainable } = planOf(spec, 100, { ...round, ...changes })
      return [bottleneck, sustainable]
    }
    expect(first({})).toEqual(['payment', 1_000])
    expect(first({ gatewayOrders: 200 })).toEqual(['gateway', 800])
    expect(first({ relayOrders: 700 })).toEqual(['relay', 700])
    expect(first({ databaseCores: 1 })).toEqual(['database', 500])
    const without = { gateway: undefined, database: undefined } as unknown as Partial<OrderPipelineSpec>
    expect(first({ databaseCores: 1, relayOrders: 1 }, shop(without))).toEqual(['payment', 1_000])
  })

  it('fits up to the rate of what gives out first, and not beyond it', () => {
    expect(planOf(shop(), 1_000).fits).toBe(true)
    expect(planOf(shop(), 1_001).fits).toBe(false)
  })

  it('counts the connections of the replicas that the rate needs, and the rows that it writes', () => {
    const { parts, databaseWrites } = planOf(shop(), 1_000)
    const connections = parts.find(({ part }) => part === 'connections')
    // 10 of the stage with 2 connections each, and 2 gateways with 3.
    expect(connections).toMatchObject({ needed: 26, available: 100, load: 0.26 })
    expect(databaseWrites).toBe(50_000)
  })

  it('has brokers for the copies, for the partitions and for the bytes, whichever are most', () => {
    const brokers = (changes: Partial<Figures>) => planOf(shop(), 500, { ...round, ...changes }).brokers
    expect(brokers({})).toMatchObject({ count: 3, partitions: 2 * 12 + 3 * 3 })
    expect(brokers({ brokerPartitions: 5 }).count).toBe(7)
    expect(brokers({ messageBytes: 100_000 }).count).toBe(13)
  })
})

describe('the figures', () => {
  it('each say their unit and their source', () => {
    for (const name of figureNames) {
      const { value, unit, source } = capacityFigures[name]
      expect(value, name).toBeGreaterThan(0)
      expect(Math.min(unit.length, source.length), name).toBeGreaterThan(10)
    }
  })

  it('have a message as large as the events of an order are, with the 71 bytes of a batch of one record', () => {
    const orderId = '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f'
    const about = { orderId, customerId: 'customer-1234' }
    const context = {
      source: '/gateway/shop',
      now: new Date('2026-01-02T03:04:05.678Z'),
      correlationId: '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e10',
    }
    const items = [{ sku: 'SKU-0001', quantity: 1 }]
    const amount = { totalCents: 1999, currency: 'EUR' }
    const events = [
      eventOf('OrderPlaced', { ...about, items, currency: 'EUR' }, context),
      eventOf('OrderValidated', { ...about, items: [{ ...items[0]!, unitPriceCents: 1999 }], ...amount }, context),
      eventOf('StockReserved', { ...about, ...amount }, context),
      eventOf('PaymentCaptured', { ...about, ...amount, chargeId: `ch_${orderId}` }, context),
      eventOf('OrderConfirmed', { ...about, items }, context),
      eventOf('OrderShipped', { ...about, shipmentId: orderId }, context),
      eventOf('ShipmentPrepared', { ...about, shipmentId: orderId }, context),
      ...(['PROCESSING', 'CONFIRMED', 'SHIPPED'] as const).map((status) =>
        eventOf('OrderStatusChanged', { ...about, status }, context),
      ),
    ] as OrderEvent[]
    const sizes = events.map((event) => {
      const { key, value, headers } = encode(event)
      const texts = [key, value, ...Object.entries(headers).flat()]
      return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 71)
    })
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length
    expect(mean / capacityFigures.messageBytes.value).toBeGreaterThan(0.9)
    expect(mean / capacityFigures.messageBytes.value).toBeLessThan(1.1)
  })
})
