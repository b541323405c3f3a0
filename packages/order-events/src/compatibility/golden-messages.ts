// What do messages of this version look like, byte for byte? One with every field, one with the
// required ones alone, and one for each value of an enumeration; kept with the version, they are
// what the next one must still read.
import { z } from 'zod'
import { encode } from '../codec.ts'
import type { EventType } from '../definitions.ts'
import { eventOf } from '../event.ts'
import type { OrderEvent } from '../event.ts'
import { productDefinitions, productEventOf } from '../product-event.ts'
import type { ProductEvent, ProductEventType } from '../product-event.ts'
import { everyDefinition, presentContract } from './contract.ts'
import type { JsonSchema } from './schema-change.ts'

export interface GoldenMessage {
  readonly topic: string
  readonly key: string
  readonly headers: Readonly<Record<string, string>>
  readonly value: string
}

/** Values of fields whose pattern or meaning no schema can provide. */
const examples: Readonly<Record<string, unknown>> = {
  sku: 'SKU-0001',
  missingSkus: ['SKU-0001'],
  skus: ['SKU-0001'],
  currency: 'EUR',
  reasons: ['LARGE_ORDER'],
}

export function goldenMessages(): Record<string, readonly GoldenMessage[]> {
  const { events } = presentContract()
  return Object.fromEntries(
    Object.keys(everyDefinition).map((type) => [
      type,
      variants(events[type]!.data).map((data) => goldenMessage(type, data)),
    ]),
  )
}

function goldenMessage(type: string, data: object): GoldenMessage {
  const parsed = everyDefinition[type]!.data.safeParse(data)
  if (!parsed.success)
    throw new Error(`${type}: ${z.prettifyError(parsed.error)}\nPut an example of the field into golden-messages.ts.`)
  const context = {
    source: '/golden',
    now: new Date('2026-01-02T03:04:05.678Z'),
    correlationId: 'request-1',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  }
  if (type in productDefinitions) {
    const event = productEventOf(type as ProductEventType, parsed.data as never, context, '1')
    return encode({ ...event, traceparent: context.traceparent } as ProductEvent)
  }
  return encode(eventOf(type as EventType, parsed.data as never, context) as OrderEvent)
}

/** Every field; the required ones alone; then one for each further value of each enumeration. */
function variants(schema: JsonSchema): object[] {
  const whole = objectOf(schema, () => true)
  const bare = objectOf(schema, (name) => schema.required?.includes(name) ?? false)
  const others = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    (field.enum ?? []).slice(1).map((value) => ({ ...whole, [name]: value })),
  )
  const distinct = new Map([whole, bare, ...others].map((data) => [JSON.stringify(data), data]))
  return [...distinct.values()]
}

function objectOf({ properties = {} }: JsonSchema, isIncluded: (name: string) => boolean): object {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => isIncluded(name))
      .map(([name, field]) => [name, valueOf(name, field)]),
  )
}

function valueOf(name: string, schema: JsonSchema): unknown {
  if (name in examples) return examples[name]
  if (schema.enum) return schema.enum[0]
  if (schema['format'] === 'uuid') return '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f'
  if (schema['format'] === 'date-time') return '2026-01-02T03:04:05Z'
  switch (schema.type) {
    case 'object':
      return objectOf(schema, () => true)
    case 'array':
      return schema.items ? [valueOf('', schema.items)] : []
    case 'integer':
    case 'number':
      return Math.max(Number(schema['minimum'] ?? 0), 1)
    case 'boolean':
      return true
    default:
      return 'text'
  }
}
