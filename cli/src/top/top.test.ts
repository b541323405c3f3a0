import { readFileSync } from 'node:fs'
import type { OrderPipeline, OrderPipelineStatus } from '@orderpipeline/operator/api'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { counted, rateBetween } from './order-rate.ts'
import { frame } from './render.ts'
import { createScreen } from './screen.ts'
import { pipelineView } from './view.ts'

const shop = parse(readFileSync(new URL('../../../examples/shop.yaml', import.meta.url), 'utf8')) as OrderPipeline
const at = '2026-01-01T00:00:00Z'
const status: OrderPipelineStatus = {
  observedGeneration: 2,
  conditions: [
    { type: 'Ready', status: 'False', reason: 'MaximumUnreachable', message: 'as below', lastTransitionTime: at },
    { type: 'Configured', status: 'True', reason: 'Applied', message: '', lastTransitionTime: at },
    {
      type: 'ScalingReady',
      status: 'False',
      reason: 'MaximumUnreachable',
      message: 'payment cannot reach 100:\n  too few partitions',
      lastTransitionTime: at,
    },
  ],
  totals: { stages: '4/4', replicas: '27/27', lag: 1234 },
  stages: [
    { name: 'orders', replicas: 10, readyReplicas: 10, desiredReplicas: 10, lag: 0, consumedPerSecond: 501.4 },
    {
      name: 'payment',
      replicas: 5,
      readyReplicas: 5,
      desiredReplicas: 42,
      lag: 1234,
      consumedPerSecond: 1.6,
      secondsToDrain: 771,
    },
  ],
}
function view(stages = shop.spec.stages) {
  return pipelineView({
    pipeline: {
      ...shop,
      metadata: { ...shop.metadata, generation: 2 },
      spec: { ...shop.spec, stages },
      status,
    },
    workloads: [
      { metadata: { name: 'shop-orders' }, spec: { replicas: 10 }, status: { readyReplicas: 10 } },
      { metadata: { name: 'shop-payment' }, spec: { replicas: 20 }, status: { readyReplicas: 7 } },
    ],
    autoscalers: [
      {
        spec: { scaleTargetRef: { kind: 'Deployment', name: 'shop-payment' }, minReplicas: 5, maxReplicas: 80 },
        status: { desiredReplicas: 42 },
      },
    ],
    ordersPerSecond: 166.7,
  })
}

test('shows each stage with its live replicas, its autoscaler and the figures of the status', () => {
  expect(view().stages.find(({ name }) => name === 'payment')).toEqual({
    name: 'payment',
    ready: 7,
    wanted: 42,
    min: 5,
    max: 80,
    lag: 1234,
    consumedPerSecond: 1.6,
    secondsToDrain: 771,
  })
  const names = shop.spec.stages.map(({ name }) => name)
  expect(view().stages.map(({ name }) => name)).toEqual(['gateway', ...names])
  expect(names).toContain('payment')
  expect(view().problems.map(({ type }) => type)).toEqual(['ScalingReady'])
})

test('shows the Deployment that the autoscaler targets, blue or green', () => {
  const during = (target: string) =>
    pipelineView({
      pipeline: { ...shop, status },
      workloads: [
        { metadata: { name: 'shop-payment' }, spec: { replicas: 5 }, status: { readyReplicas: 5 } },
        { metadata: { name: 'shop-payment-green' }, spec: { replicas: 6 }, status: { readyReplicas: 6 } },
      ],
      autoscalers: [{ spec: { scaleTargetRef: { kind: 'Deployment', name: target }, maxReplicas: 80 } }],
      ordersPerSecond: undefined,
    }).stages.find(({ name }) => name === 'payment')
  expect(during('shop-payment')).toMatchObject({ ready: 5, wanted: 5 })
  expect(during('shop-payment-green')).toMatchObject({ ready: 6, wanted: 6 })
})

test('draws an aligned table, with the conditions that are not True below', () => {
  const names = ['orders', 'inventory', 'payment', 'notification']
  const some = view(shop.spec.stages.filter(({ name }) => names.includes(name)))
  const lines = frame([some], { colour: false, now: new Date('2026-01-01T12:00:00'), columns: 62 })
  expect(lines).toEqual([
    'default/shop  not Ready  orders/s 167  lag 1,234  12:00:00',
    'STAGE           LAG  READY/WANTED  MIN-MAX  CONSUMED/S   DRAIN',
    'gateway           -           0/0     5-50           -       -',
    'orders            0         10/10   10-100         501      0s',
    'inventory         -           0/0     5-25           -       -',
    'payment       1,234          7/42     5-80         1.6  12m51s',
    'notification      -           0/0     2-10           -       -',
    'ScalingReady False  MaximumUnreachable: payment cannot reach …',
  ])
  expect(frame([view()], { colour: true, now: new Date() }).join()).toContain('\x1b[31mnot Ready\x1b[0m')
})

test('reports open dead letters, and the command that lists them', () => {
  const lines = frame([{ ...view(), deadLetters: 3 }], { colour: false, now: new Date(), columns: 62 })
  expect(lines).toContain('3 dead letters wait; orderpipeline dlq list shop')
})

test('reports an operator that is behind, and that all pipelines are deleted', () => {
  const behind = { ...view(), behind: true }
  expect(frame([behind], { colour: false, now: new Date() }).at(-1)).toContain('not yet reconciled the latest spec')
  expect(frame([], { colour: false, now: new Date() })[0]).toContain('all pipelines are deleted')
})

test('computes orders per second from the counters of the gateways, also after restarts and with new replicas', () => {
  expect(counted('# HELP x\norders_created_total{a="b"} 12\norders_created_total 3\norders_created_totally 9')).toBe(15)
  expect(counted('other 1')).toBeUndefined()
  const before = new Map([
    ['a', { count: 100, at: 0 }],
    ['b', { count: 500, at: 0 }],
  ])
  const now = new Map([
    ['a', { count: 300, at: 2_000 }],
    ['b', { count: 20, at: 2_000 }],
    ['new', { count: 7, at: 2_000 }],
  ])
  expect(rateBetween(before, now)).toBe(110)
  expect(rateBetween(new Map(), now)).toBeUndefined()
})

test('a frame replaces the previous one on a terminal, and follows it elsewhere', () => {
  const writes: string[] = []
  const write = (text: string) => writes.push(text)
  const terminal = createScreen({ isTTY: true, rows: 10, write })
  terminal.draw(['one', 'two'])
  terminal.draw(['three'])
  expect(writes).toEqual([
    '\x1b[?7l\rone\x1b[K\ntwo\x1b[K\n\x1b[J\x1b[?7h',
    '\x1b[?7l\x1b[2A\rthree\x1b[K\n\x1b[J\x1b[?7h',
  ])
  writes.length = 0
  createScreen({ write }).draw(['one'])
  expect(writes).toEqual(['one\n\n'])
})
