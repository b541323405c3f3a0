import { describe, expect, it } from 'vitest'
import { layout } from './layout.ts'
import type { GraphStage, Graph, GraphNode } from './layout.ts'
import { trackOf } from './track.ts'
import { edgeWeight, lagWidth } from './weight.ts'

const shop: readonly GraphStage[] = [
  { name: 'gateway', consumes: [], emits: ['orders.placed'] },
  {
    name: 'orders',
    consumes: ['orders.placed', 'inventory.updated', 'payment.processed', 'shipping.updated'],
    emits: ['orders.validated', 'orders.fulfilment', 'orders.cancelled', 'orders.status'],
  },
  {
    name: 'inventory',
    consumes: ['orders.validated', 'orders.fulfilment', 'orders.cancelled'],
    emits: ['inventory.updated'],
  },
  { name: 'payment', consumes: ['inventory.updated', 'orders.cancelled'], emits: ['payment.processed'] },
  { name: 'shipping', consumes: ['orders.fulfilment', 'orders.cancelled'], emits: ['shipping.updated'] },
  { name: 'notification', consumes: ['orders.status'], emits: [] },
]

function overlap(a: GraphNode, b: GraphNode): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

function expectSound({ nodes, edges, width, height }: Graph): void {
  for (const [index, node] of nodes.entries()) {
    expect(Object.values(node).some(Number.isNaN), node.name).toBe(false)
    expect(node.x, node.name).toBeGreaterThanOrEqual(0)
    expect(node.y, node.name).toBeGreaterThanOrEqual(0)
    expect(node.x + node.width, node.name).toBeLessThanOrEqual(width)
    expect(node.y + node.height, node.name).toBeLessThanOrEqual(height)
    for (const other of nodes.slice(index + 1)) expect(overlap(node, other), `${node.name}, ${other.name}`).toBe(false)
  }
  for (const { path, key } of edges) expect(path, key).not.toMatch(/NaN|undefined/)
}

function place(graph: Graph, name: string): GraphNode {
  return graph.nodes.find((node) => node.name === name)!
}

describe('the graph', () => {
  it('shows the shop in the order of its work, and answers as edges back', () => {
    const graph = layout(shop)
    expectSound(graph)
    const order = [
      'gateway',
      'orders.placed',
      'orders',
      'orders.validated',
      'inventory',
      'inventory.updated',
      'payment',
    ]
    const xs = order.map((name) => place(graph, name).x)
    expect(xs).toEqual(xs.toSorted((a, b) => a - b))
    expect(place(graph, 'shipping').x).toBe(place(graph, 'inventory').x)
    const main = graph.edges.filter(
      ({ isMain, part, direction }) => isMain && part === 'payment' && direction === 'consumes',
    )
    expect(main.map(({ topic }) => topic)).toEqual(['inventory.updated'])
    const back = graph.edges.filter(({ isBack }) => isBack).map(({ topic, part }) => `${topic} → ${part}`)
    expect(back.toSorted()).toEqual([
      'inventory.updated → orders',
      'payment.processed → orders',
      'shipping.updated → orders',
    ])
  })
  it('has room for thirty stages, in a row and side by side', () => {
    const row = Array.from({ length: 30 }, (_, index) => ({
      name: `s${index}`,
      consumes: [`t${index}`],
      emits: [`t${index + 1}`],
    }))
    const graph = layout(row)
    expectSound(graph)
    expect(graph.edges).toHaveLength(60)
    const fan = Array.from({ length: 30 }, (_, index) => ({
      name: `s${index}`,
      consumes: ['in'],
      emits: [`out${index}`],
    }))
    expectSound(layout(fan))
  })
  it('is finite for stages that only answer each other, and shows a stage that consumes its own topic', () => {
    const ring = [
      { name: 'a', consumes: ['y'], emits: ['x'] },
      { name: 'b', consumes: ['x'], emits: ['y'] },
    ]
    expectSound(layout(ring))
    expectSound(layout([{ name: 'self', consumes: ['again'], emits: ['again'] }]))
  })
  it('is the same for any order of edges, and empty without stages', () => {
    expect(layout(shop)).toEqual(layout(structuredClone(shop)))
    expectSound(layout([]))
    expectSound(layout([{ name: 'alone', consumes: [], emits: [] }]))
  })
})

describe('the bar of replicas', () => {
  it('is right at zero, at a hundred, and above a maximum that was lowered', () => {
    expect(trackOf({ min: 0, max: 0, ready: 0, wanted: 0 })).toEqual({ min: 0, ready: 0, wanted: 0 })
    expect(trackOf({ min: 5, max: 100, ready: 37, wanted: 100 })).toEqual({ min: 0.05, ready: 0.37, wanted: 1 })
    expect(trackOf({ min: 1, max: 10, ready: 20, wanted: 10 })).toEqual({ min: 0.05, ready: 1, wanted: 0.5 })
  })
})

describe('the width of a line', () => {
  it('grows with the magnitude of the lag, up to a limit', () => {
    expect(lagWidth(0)).toBe(1.5)
    expect(lagWidth(10)).toBeLessThan(lagWidth(10_000))
    expect(lagWidth(1e12)).toBe(14)
  })
  it('shows the lag of its own topic, and a hint of that of the stage where no more is known', () => {
    const consumes = ['paid', 'placed']
    const part = { consumes, lag: 1_000, lagByTopic: { placed: 1_000 } }
    const line = (topic: string, isMain: boolean) => ({ topic, isMain })
    expect(edgeWeight(part, line('placed', false))).toEqual({ hasLag: true, width: lagWidth(1_000) })
    expect(edgeWeight(part, line('paid', true))).toEqual({ hasLag: false, width: lagWidth(0) })
    const { lagByTopic: _unknown, ...ofOlderOperator } = part
    expect(edgeWeight(ofOlderOperator, line('paid', true))).toEqual({ hasLag: true, width: lagWidth(1_000) })
    expect(edgeWeight(ofOlderOperator, line('placed', false))).toEqual({ hasLag: true, width: 2.5 })
    expect(edgeWeight({ consumes: ['paid'], lag: 7 }, line('paid', false)).width).toBe(lagWidth(7))
    expect(edgeWeight({ consumes }, line('paid', true))).toEqual({ hasLag: false, width: lagWidth(0) })
  })
})
