// What have the events of this version promised to their readers and writers: on which topic, under
// which type, with which fields?
import { z } from 'zod'
import { Envelope } from '../codec.ts'
import { definitions } from '../definitions.ts'
import { productDefinitions } from '../product-event.ts'
import { schemaChanges } from './schema-change.ts'
import type { JsonSchema, SchemaChange } from './schema-change.ts'

export interface Contract {
  readonly envelope: JsonSchema
  readonly events: Readonly<Record<string, EventContract>>
}

interface EventContract {
  readonly wireType: string
  readonly topic: string
  readonly data: JsonSchema
}

export interface Definition {
  readonly wireType: string
  readonly topic: string
  readonly data: z.ZodType
}

/** Types about orders and about products. */
export const everyDefinition: Readonly<Record<string, Definition>> = { ...definitions, ...productDefinitions }

export function presentContract(events: Readonly<Record<string, Definition>> = everyDefinition): Contract {
  return {
    envelope: schemaOf(Envelope),
    events: Object.fromEntries(
      Object.entries(events).map(([type, { wireType, topic, data }]) => [
        type,
        { wireType, topic, data: schemaOf(data) },
      ]),
    ),
  }
}

/** As JSON has it, so that it compares with the committed version. */
function schemaOf(schema: z.ZodType): JsonSchema {
  return JSON.parse(JSON.stringify(z.toJSONSchema(schema, { io: 'input' }))) as JsonSchema
}

/**
 * What a change of version means to those that run the one before; further events harm no reader
 * and are no change.
 */
export function contractChanges(before: Contract, after: Contract): SchemaChange[] {
  return [
    ...schemaChanges(before.envelope, after.envelope, 'envelope'),
    ...Object.entries(before.events).flatMap(([type, was]): SchemaChange[] => {
      const is = after.events[type]
      if (!is) return [{ path: type, effect: 'breaks', what: 'was removed; its messages are still in the topic' }]
      return [...placeChanges(type, was, is), ...schemaChanges(was.data, is.data, type)]
    }),
  ]
}

function placeChanges(type: string, was: EventContract, is: EventContract): SchemaChange[] {
  return (['wireType', 'topic'] as const)
    .filter((part) => was[part] !== is[part])
    .map((part) => ({ path: type, effect: 'breaks', what: `${part} was ${was[part]} and is ${is[part]}` }))
}

export function changeText({ path, effect, what }: SchemaChange): string {
  return `${effect === 'breaks' ? 'breaks' : 'consumers first'}: ${path} ${what}`
}
