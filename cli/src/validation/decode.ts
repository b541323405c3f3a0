// What does the API server make of an object before it looks at its values? Fields the schema does
// not know are found (and refused, as kubectl requests), nulls dropped, defaults put in.
import { isRecord, pathText } from './cause.ts'
import type { Path } from './cause.ts'
import type { Schema } from './schema.ts'

export interface Decoded {
  readonly object: unknown
  /** Paths of the fields the schema does not know, as the server writes them. */
  readonly unknownFields: readonly UnknownField[]
}

export interface UnknownField {
  readonly path: string
  /** What the schema knows there. */
  readonly known: readonly string[]
}

export function decoded(value: unknown, schema: Schema): Decoded {
  const unknownFields: UnknownField[] = []
  const pruned = withoutUnknown(value, schema, [], unknownFields)
  return { object: withDefaults(withoutNulls(pruned, schema), schema), unknownFields }
}

/** An object's own type and name are known everywhere, whatever the schema lists. */
const rootFields = ['apiVersion', 'kind', 'metadata']

function withoutUnknown(value: unknown, schema: Schema, path: Path, unknownFields: UnknownField[]): unknown {
  if (Array.isArray(value))
    return schema.items
      ? value.map((item, index) => withoutUnknown(item, schema.items ?? {}, [...path, index], unknownFields))
      : value
  if (!isRecord(value)) return value
  const { properties = {}, additionalProperties } = schema
  const entries = Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
    if (path.length === 0 && key === 'metadata') return [[key, item]] // known to the server, not to the schema
    const inner = properties[key] ?? additionalProperties
    if (inner) return [[key, withoutUnknown(item, inner, [...path, key], unknownFields)]]
    if (path.length === 0 && rootFields.includes(key)) return [[key, item]]
    unknownFields.push({ path: pathText([...path, key]), known: Object.keys(properties) })
    return []
  })
  return Object.fromEntries(entries)
}

/** A null stays where it is allowed, and where a default takes its place. */
function withoutNulls(value: unknown, schema: Schema | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, schema?.items))
  if (!isRecord(value)) return value
  const entries = Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
    const inner = schema?.properties?.[key] ?? schema?.additionalProperties
    if (item === null && inner && inner.nullable !== true && inner.default === undefined) return []
    return [[key, withoutNulls(item, inner)]]
  })
  return Object.fromEntries(entries)
}

function withDefaults(value: unknown, schema: Schema | undefined): unknown {
  if (schema === undefined) return value
  if (Array.isArray(value)) return value.map((item) => withDefaults(orDefault(item, schema.items), schema.items))
  if (!isRecord(value)) return value
  const { properties = {}, additionalProperties } = schema
  const missing = Object.entries(properties)
    .filter(([key, inner]) => inner.default !== undefined && value[key] === undefined)
    .map(([key, inner]): [string, unknown] => [key, structuredClone(inner.default)])
  return Object.fromEntries(
    [...Object.entries(value), ...missing].map(([key, item]) => {
      const inner = properties[key] ?? additionalProperties
      return [key, withDefaults(orDefault(item, inner), inner)]
    }),
  )
}

function orDefault(value: unknown, schema: Schema | undefined): unknown {
  return value === null && schema?.nullable !== true && schema?.default !== undefined
    ? structuredClone(schema.default)
    : value
}
