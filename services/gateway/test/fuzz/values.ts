// Which values does a schema allow, and which may be sent all the same? As arbitraries of
// fast-check, so that a case that fails is made as small as it can be.
import fc from 'fast-check'

export interface Schema {
  readonly type?: string
  readonly pattern?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly Schema[]
}

/** By the name of a field or parameter: values that mean something to the gateway under test. */
export type KnownValues = Readonly<Record<string, readonly string[]>>

/** What the schema allows, except for what it cannot express. */
export function valid(schema: Schema, knownValues: KnownValues, name = ''): fc.Arbitrary<unknown> {
  const meaningful = knownValues[name] ?? []
  const any = ofSchema(schema, knownValues, name)
  return meaningful.length === 0
    ? any
    : fc.oneof({ arbitrary: fc.constantFrom(...meaningful), weight: 4 }, { arbitrary: any, weight: 1 })
}

function ofSchema(schema: Schema, knownValues: KnownValues, name: string): fc.Arbitrary<unknown> {
  const { type, pattern, minItems = 0, minLength = 0, maxLength = 100, properties = {}, required = [] } = schema
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => ofSchema(one, knownValues, name)))
  switch (type) {
    case 'string':
      if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern, 'u'))
      return fc.string({ minLength, maxLength })
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -1_000, max: Math.min(schema.maximum ?? 1_000, 2 ** 31 - 1) })
    case 'array': {
      const max = Math.max(minItems, Math.min(schema.maxItems ?? 3, 3))
      return fc.array(valid(schema.items ?? {}, knownValues, name), { minLength: minItems, maxLength: max })
    }
    case 'object':
      return fc.record(
        Object.fromEntries(
          Object.entries(properties).map(([key, of]) => {
            const right = valid(of, knownValues, key)
            // Left out of its JSON. Most are, or hardly a value of all were one that the gateway
            // can act on.
            return [key, required.includes(key) ? right : seldom(right)]
          }),
        ),
      )
    default:
      return fc.jsonValue()
  }
}

function seldom(of: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ arbitrary: fc.constant(undefined), weight: 4 }, { arbitrary: of, weight: 1 })
}

/** Texts that are known to break parsers. */
export const unusualTexts = [
  '',
  ' ',
  '\u0000',
  '__proto__',
  'constructor',
  'null',
  'NaN',
  '1e999',
  '-0',
  '9007199254740993',
  "'; DROP TABLE orders; --",
  '\ud800',
  '\u202e\u0301',
  'İ',
  '../../etc/passwd',
  '${jndi:ldap://127.0.0.1/a}',
  'x'.repeat(129),
  'x'.repeat(3_000),
]

export const unusualText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...unusualTexts),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 200 }),
)

const odd: fc.Arbitrary<unknown> = fc.oneof(
  unusualText,
  fc.constantFrom(null, true, 0, -1, 0.5, 1e308, 2 ** 53, -(2 ** 31) - 1, 1_001, 51, [], {}, [[]], [null]),
  fc.jsonValue({ maxDepth: 2 }),
)

/** A value in which one place was changed: replaced, left out, doubled, or given a field more. */
export function mutated(of: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(of, fc.nat(), fc.constantFrom('replace', 'drop', 'double', 'add'), odd, unusualText)
    .map(([value, at, how, other, key]) => variantOf(value, at, how, other, key))
}

type Way = 'replace' | 'drop' | 'double' | 'add'

function variantOf(value: unknown, at: number, how: Way, other: unknown, key: string): unknown {
  const places = placesOf(value)
  const path = places[at % places.length] ?? []
  const copy = structuredClone({ value })
  let parent: Record<string, unknown> = copy
  const steps = ['value', ...path]
  for (const step of steps.slice(0, -1)) parent = parent[step] as Record<string, unknown>
  const last = steps.at(-1) ?? 'value'
  const present = parent[last]
  if (how === 'drop' && steps.length > 1 && !Array.isArray(parent)) delete parent[last]
  else if (how === 'double' && Array.isArray(present))
    parent[last] = [...(present as unknown[]), ...(present as unknown[])]
  else if (how === 'add' && isObject(present)) Object.defineProperty(present, key, { value: other, enumerable: true })
  else parent[last] = other
  return copy.value
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function placesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, each]) => placesOf(each, [...path, key]))]
}
