// What does a rule see of an object? The values as the schema types them: an integer is not a
// double, a field whose name is a word of the language is escaped.
import { isRecord } from '../cause.ts'
import type { Schema } from '../schema.ts'

export function celValue(value: unknown, schema: Schema | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => celValue(item, schema?.items))
  if (isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        const field = schema?.properties?.[key]
        return field ? [fieldName(key), celValue(item, field)] : [key, celValue(item, schema?.additionalProperties)]
      }),
    )
  }
  if (typeof value === 'number') return schema?.type !== 'number' && Number.isInteger(value) ? BigInt(value) : value
  if (typeof value === 'string' && schema?.format === 'date-time') return new Date(value)
  return value
}

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

/** As the API server lets a rule name a field that the language could not. */
function fieldName(name: string): string {
  if (reserved.has(name)) return `__${name}__`
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__')
}
