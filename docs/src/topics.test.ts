// Do the drawing and the table of topics in docs/concepts/architecture.md say what the table of
// built-in stages says?
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { shopParts, withTopics } from './topics.ts'

const page = readFileSync(new URL('../concepts/architecture.md', import.meta.url), 'utf8')

it('the page has the topics of the built-in stages; otherwise run npm run generate', () => {
  expect(withTopics(page, shopParts)).toBe(page)
  expect(page).toContain('\n  gateway -->|orders.placed| orders\n')
})

const mark = 'written by npm run generate'
const empty = `before\n\n<!-- topics: ${mark} -->\nformer text\n<!-- end of topics -->\n\nafter\n`

it('a topic has its events, its producers and its consumers, with the events that concern each', () => {
  const result = withTopics(empty, {
    gateway: { handles: [], emits: ['OrderCancelled'] },
    orders: { handles: ['ShipmentPrepared'], emits: ['OrderCancelled', 'RefundRequested'] },
    payment: { handles: ['OrderCancelled', 'RefundRequested'], emits: [] },
    loyalty: { handles: ['OrderCancelled'], emits: [], handlesToo: ['ProductsRecommended'] },
  })
  expect(result).toMatch(/^before\n\n<!-- topics: [^]*\n\n<!-- end of topics -->\n\nafter\n$/)
  expect(result).not.toContain('former text')
  expect(result).toContain('```mermaid\nflowchart LR\n  gateway & orders -->|orders.cancelled| payment & loyalty\n```')
  expect(result).toContain(
    '| `orders.cancelled` | `OrderCancelled`, `RefundRequested` | gateway (`OrderCancelled`), orders ' +
      '| payment, loyalty (`OrderCancelled`) |',
  )
  expect(result).toContain(
    '| `products.recommended` | `ProductsRecommended` | a stage of your own | loyalty, where it consumes the topic |',
  )
})

it('says of a part that emits or consumes a topic only in some pipelines that it may', () => {
  const result = withTopics(empty, {
    gateway: { handles: [], emits: [], emitsToo: ['PartialRefundRequested', 'ItemsReturned'] },
    orders: { handles: [], emits: [], emitsToo: ['PartialRefundRequested', 'ItemsReturned'] },
    payment: { handles: [], emits: [], handlesToo: ['PartialRefundRequested'] },
    inventory: { handles: [], emits: [], handlesToo: ['ItemsReturned'] },
  })
  expect(result).not.toContain('-->|orders.refunds|')
  expect(result).toContain(
    '| `orders.refunds` | `PartialRefundRequested`, `ItemsReturned` ' +
      '| gateway, orders, where they emit the topic ' +
      '| payment (`PartialRefundRequested`), inventory (`ItemsReturned`), where they consume the topic |',
  )
})

it('a page without a place for the topics is an error', () => {
  expect(() => withTopics('# Architecture\n', shopParts)).toThrow(/found no place for the topics/)
  expect(() => withTopics(empty.replace('end of', ''), shopParts)).toThrow(/found no place for the topics/)
  expect(() => withTopics(empty + empty, shopParts)).toThrow(/found no place for the topics/)
})
