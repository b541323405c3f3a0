// Are the pipelines of the examples valid, and is the extended shop the shop and what it says it
// adds?
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { validation } from './validation.ts'

const folder = join(import.meta.dirname, '..', '..', '..', 'examples')
function read(path: string): unknown {
  return parse(readFileSync(join(folder, path), 'utf8'))
}

interface Named {
  readonly name: string
}
interface Shop {
  readonly spec: {
    readonly topics: readonly Named[]
    readonly stages: readonly (Named & { consumes: unknown[]; emits?: unknown[] })[]
  }
}

test.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))('%s is valid', (name) => {
  const { accepted, causes } = validation(read(name))
  expect({ accepted, causes }).toEqual({ accepted: true, causes: [] })
})

test('a shard equals the shop, with a name and a database of its own, and has a route', () => {
  interface Pipeline extends Shop {
    readonly metadata: object
    readonly spec: Shop['spec'] & { readonly database: object; readonly gateway: { readonly service?: unknown } }
  }
  const { spec, ...shop } = read('shop.yaml') as Pipeline
  const { service: _, ...gateway } = spec.gateway
  const routes = parseAllDocuments(readFileSync(join(folder, 'sharded', 'route.yaml'), 'utf8'))
  const backends = routes.map((route) => route.getIn(['spec', 'rules', 0, 'backendRefs', 0, 'name']))
  expect(backends).toEqual(['north-gateway', 'south-gateway'])
  for (const name of ['north', 'south']) {
    const shard = read(join('sharded', `${name}.yaml`))
    const database = { ...spec.database, secretName: `${name}-postgres` }
    expect(shard).toEqual({ ...shop, metadata: { name }, spec: { ...spec, gateway, database } })
    expect(validation(shard)).toMatchObject({ accepted: true, causes: [] })
  }
})

test('the extended shop equals the shop, with the stages of the example folders and their topics', () => {
  const shop = read('shop.yaml') as Shop
  const extended = read('shop-extended.yaml') as Shop
  const topics = [{ name: 'products.recommended' }, { name: 'orders.suspected' }]
  const stages = ['fraud-check', 'recommendations'].map((name) => read(join(name, 'stage.yaml')))
  const changedStages = shop.spec.stages.map((stage) =>
    stage.name === 'notification'
      ? { ...stage, consumes: [...stage.consumes, { topic: 'products.recommended' }] }
      : stage,
  )
  expect(extended).toEqual({
    ...shop,
    spec: { ...shop.spec, topics: [...shop.spec.topics, ...topics], stages: [...changedStages, ...stages] },
  })
})

test('the shop with stock events equals the shop, with one more topic to and from the inventory, and a warehouse', () => {
  const { spec, ...shop } = read('shop.yaml') as Shop
  const [levels, deliveries] = [{ topic: 'inventory.stock' }, { topic: 'warehouse.deliveries' }]
  const env = [
    { name: 'INVENTORY_STOCK_EVENTS', value: 'on' },
    { name: 'INVENTORY_LOW_STOCK_BELOW', value: '10' },
  ]
  const stages = spec.stages.map((stage) => {
    if (stage.name === 'orders') return { ...stage, consumes: [...stage.consumes, levels] }
    if (stage.name !== 'inventory') return stage
    const [consumes, emits] = [
      [...stage.consumes, deliveries],
      [...(stage.emits ?? []), levels],
    ]
    return { ...stage, consumes, emits, env }
  })
  const topics = [...spec.topics, { name: 'inventory.stock' }, { name: 'warehouse.deliveries' }]
  const warehouse = read(join('warehouse', 'stage.yaml'))
  expect(read('shop-stock.yaml')).toEqual({ ...shop, spec: { ...spec, topics, stages: [...stages, warehouse] } })
})

test('the shop with holds equals the shop, with a stage of the example folder between inventory and payment', () => {
  const { spec, ...shop } = read('shop.yaml') as Shop
  const [holds, cleared] = [{ topic: 'orders.holds' }, { topic: 'payment.cleared' }]
  const stages = spec.stages.map((stage) => {
    if (stage.name === 'orders') return { ...stage, consumes: [...stage.consumes, holds] }
    return stage.name === 'payment' ? { ...stage, consumes: [cleared, { topic: 'orders.cancelled' }] } : stage
  })
  const topics = [...spec.topics, { name: 'orders.holds' }, { name: 'payment.cleared' }]
  const fraudCheck = read(join('fraud-check', 'holds.yaml'))
  expect(read('shop-holds.yaml')).toEqual({ ...shop, spec: { ...spec, topics, stages: [...stages, fraudCheck] } })
})

test('the shop with invoices equals the shop, with the stage of the example folder and its topic', () => {
  const { spec, ...shop } = read('shop.yaml') as Shop
  const topics = [...spec.topics, { name: 'invoices.issued' }]
  const stages = [...spec.stages, read(join('invoices', 'stage.yaml'))]
  expect(read('shop-invoices.yaml')).toEqual({ ...shop, spec: { ...spec, topics, stages } })
})

test('the shop with carts equals the shop, with the stages of the example folders and their topics', () => {
  const { spec, ...shop } = read('shop.yaml') as Shop
  const topics = [
    ...spec.topics,
    ...[{ name: 'products.recommended' }, { name: 'shop.browsing' }, { name: 'carts.abandoned' }],
  ]
  const changedStages = spec.stages.map((stage) =>
    stage.name === 'notification' ? { ...stage, consumes: [...stage.consumes, { topic: 'carts.abandoned' }] } : stage,
  )
  const stages = [...changedStages, ...['recommendations', 'carts'].map((name) => read(join(name, 'stage.yaml')))]
  expect(read('shop-carts.yaml')).toEqual({ ...shop, spec: { ...spec, topics, stages } })
})
