// How fast does an event become the value of a Kafka record, and such a value an event?
import type * as OrderEvents from '@orderpipeline/order-events'
import type { MicroCase } from '../case.ts'
import type { Tree } from '../tree.ts'
import { eventsOfOrders } from './orders.ts'

type Codec = Pick<typeof OrderEvents, 'encode' | 'decode'>

const events = eventsOfOrders(50)

export const codecCases: readonly MicroCase[] = [
  {
    name: 'codec: encode',
    prepare: async (tree) => {
      const { encode } = await codecOf(tree)
      return {
        operations: events.length,
        run: () => events.filter((event) => encode(event).value.length > 0).length,
      }
    },
  },
  {
    name: 'codec: decode',
    prepare: async (tree) => {
      const { encode, decode } = await codecOf(tree)
      const values = events.map((event) => Buffer.from(encode(event).value))
      return {
        operations: values.length,
        run: () => values.filter((value, index) => decode(value).type === events[index]?.type).length,
      }
    },
  },
]

function codecOf(tree: Tree): Promise<Codec> {
  return tree.load<Codec>('@orderpipeline/order-events', ['encode', 'decode'])
}
