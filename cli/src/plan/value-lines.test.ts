// Can a person see what changes inside a list?
import { expect, it } from 'vitest'
import { painter } from '../colour.ts'
import { stepLines } from './render.ts'
import { valueLines } from './value-lines.ts'

function trigger(lag: string, more: object = {}) {
  return {
    type: 'kafka',
    metadata: { topic: 'shop.orders.placed', consumerGroup: 'shop.orders', lagThreshold: lag, ...more },
  }
}
function textOf(from: unknown, to: unknown): string[] {
  return valueLines(from, to).map(({ sign, text }) => `${sign} ${text}`)
}

it('shows only the lines that differ between two lists, with their neighbours, independent of the order of keys', () => {
  const { metadata, type } = trigger('10')
  const reordered = { metadata: Object.fromEntries(Object.entries(metadata).reverse()), type }
  expect(textOf([reordered], [trigger('10')])).toEqual([])
  expect(textOf([reordered, trigger('10')], [trigger('20'), trigger('10')])).toEqual([
    '  - metadata:',
    '      consumerGroup: shop.orders',
    '-     lagThreshold: "10"',
    '+     lagThreshold: "20"',
    '      topic: shop.orders.placed',
    '    type: kafka',
    '  …',
  ])
})

it('omits unchanged lines between two changes', () => {
  const numbers = Array.from({ length: 12 }, (_, n) => n)
  expect(textOf(numbers, [100, ...numbers.slice(1, 11), 200])).toEqual([
    ...['- - 0', '+ - 100', '  - 1', '  - 2', '  …', '  - 9', '  - 10', '- - 11', '+ - 200'],
  ])
})

it('prints a list completely below its path in a plan, and a short value next to its path', () => {
  const change = {
    path: 'spec.triggers',
    from: [trigger('10')],
    to: [trigger('10', { allowIdleConsumers: 'true' }), trigger('20')],
  }
  const step = {
    ...({ action: 'change', kind: 'ScaledObject', name: 'shop-orders' } as const),
    differences: [change, { path: 'spec.maxReplicaCount', from: 5, to: 6 }],
  }
  expect(stepLines({ objects: [], steps: [step], unchanged: 0 }, painter(false))).toEqual([
    '~ ScaledObject shop-orders',
    '    spec.triggers:',
    '        - metadata:',
    '      +     allowIdleConsumers: "true"',
    '            consumerGroup: shop.orders',
    '            lagThreshold: "10"',
    '            topic: shop.orders.placed',
    '          type: kafka',
    '      + - metadata:',
    '      +     consumerGroup: shop.orders',
    '      +     lagThreshold: "20"',
    '      +     topic: shop.orders.placed',
    '      +   type: kafka',
    '    spec.maxReplicaCount: 5 → 6',
    '',
    'Plan: 0 to create, 1 to change, 0 to delete, 0 unchanged.',
  ])
})
