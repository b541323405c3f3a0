// Are the values what the schema says: their types, bounds, patterns, what is required? In the
// words of the API server.
import { RE2JS } from 're2js'
import { cause, floatText, isInt64, isRecord, numberText, pathText } from './cause.ts'
import type { Cause, Path } from './cause.ts'
import type { Schema } from './schema.ts'

type JsonType = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null'

export function valueCauses(value: unknown, schema: Schema, path: Path = []): Cause[] {
  const own = [...typeCauses(value, schema, path), ...enumCauses(value, schema, path)]
  if (typeof value === 'string') return [...own, ...stringCauses(value, schema, path)]
  if (typeof value === 'number') return [...own, ...numberCauses(value, schema, path)]
  if (Array.isArray(value)) return [...own, ...arrayCauses(value, schema, path)]
  if (isRecord(value)) return [...own, ...objectCauses(value, schema, path)]
  return own
}

function typeOf(value: unknown): JsonType {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return isInt64(value) ? 'integer' : 'number'
  return typeof value === 'object' ? 'object' : (typeof value as 'string' | 'boolean')
}

function inBody(path: Path): string {
  return `${nameOf(path)} in body`
}

/** The schema's part of the server separates every step by a dot, keys of maps too. */
function nameOf(path: Path): string {
  return pathText(path.map((step) => (typeof step === 'object' ? step.key : step)))
}

function typeCauses(value: unknown, schema: Schema, path: Path): Cause[] {
  const types = schema['x-kubernetes-int-or-string'] ? ['integer', 'string'] : schema.type ? [schema.type] : []
  const type = typeOf(value)
  if (types.length === 0 || types.includes(type)) return []
  if (type === 'integer' && types.includes('number')) return []
  if (type === 'null' && schema.nullable === true) return []
  const [expectedType, actualType] = numberFormat(value, schema) ?? [types.join(','), type]
  const cast = cause(
    'FieldValueTypeInvalid',
    path,
    `${inBody(path)} must be of type ${expectedType}: "${actualType}"`,
    {
      shown: actualType,
    },
  )
  const [first] = schema.anyOf ?? []
  if (!first || type === 'null') return [cast]
  // The server reports why the first alternative did not hold.
  const none = `"${nameOf(path)}" must validate at least one schema (anyOf)`
  return [cause('FieldValueInvalid', [], none, { shown: '' }), ...valueCauses(value, first, path), cast]
}

/**
 * Where the schema names a format, the server reports formats instead of types, except for texts
 * and lists.
 */
function numberFormat(value: unknown, { format }: Schema): [string, string] | undefined {
  if (format === undefined || value === null || typeof value === 'string' || Array.isArray(value)) return undefined
  return [format, typeof value === 'number' ? (isInt64(value) ? 'int64' : 'float64') : '']
}

function enumCauses(value: unknown, schema: Schema, path: Path): Cause[] {
  if (!schema.enum || schema.enum.includes(value)) return []
  const values = schema.enum.map((one) => JSON.stringify(one)).join(', ')
  return [cause('FieldValueNotSupported', path, `supported values: ${values}`, { shown: value ?? null })]
}

/** The first failure is reported; the server looks no further. */
function stringCauses(value: string, schema: Schema, path: Path): Cause[] {
  const length = [...value].length
  const { maxLength, minLength, pattern } = schema
  if (maxLength !== undefined && length > maxLength) {
    const detail = `may not be more than ${maxLength} ${maxLength === 1 ? 'byte' : 'bytes'}`
    return [cause('FieldValueTooLong', path, detail)]
  }
  const invalid = (detail: string): Cause[] => [
    cause('FieldValueInvalid', path, `${inBody(path)} ${detail}`, { shown: value }),
  ]
  if (minLength !== undefined && length < minLength) return invalid(`should be at least ${minLength} chars long`)
  if (pattern !== undefined && !matches(value, pattern)) return invalid(`should match '${pattern}'`)
  return []
}

const compiled = new Map<string, RE2JS>()

/**
 * In the pattern language of the server, RE2, which differs from JavaScript's in what a space is,
 * for one.
 */
export function matches(text: string, pattern: string): boolean {
  const expression = compiled.get(pattern) ?? RE2JS.compile(pattern)
  compiled.set(pattern, expression)
  return expression.matcher(text).find()
}

const largestInt32 = 2 ** 31
function fits(value: number, format: string | undefined): boolean {
  return isInt64(value) && (format !== 'int32' || (value < largestInt32 && value >= -largestInt32))
}

function numberCauses(value: number, schema: Schema, path: Path): Cause[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
  const causes: Cause[] = []
  // The server compares an integer to a bound without its fraction: a minimum of 0.1 lets 0 pass.
  const bound = (limit: number): number => (isInt64(value) ? Math.trunc(limit) : limit)
  const boundText = (limit: number): string => (isInt64(value) ? numberText(limit) : floatText(limit))
  const invalid = (detail: string): void => {
    causes.push(cause('FieldValueInvalid', path, `${inBody(path)} should be ${detail}`, { shown: value }))
  }
  if (schema.type === 'integer' && !fits(value, schema.format)) {
    const format = schema.format === undefined ? '(default format)' : `with format ${schema.format}`
    const detail = `Checked value must be of type integer ${format} in ${nameOf(path)}`
    causes.push(cause('FieldValueInvalid', [], detail, { shown: '' }))
  }
  if (minimum !== undefined) {
    const least = bound(minimum)
    if (exclusiveMinimum ? value <= least : value < least)
      invalid(`greater than ${exclusiveMinimum ? '' : 'or equal to '}${boundText(least)}`)
  }
  if (maximum !== undefined) {
    const most = bound(maximum)
    if (exclusiveMaximum ? value >= most : value > most)
      invalid(`less than ${exclusiveMaximum ? '' : 'or equal to '}${boundText(most)}`)
  }
  return causes
}

function arrayCauses(value: readonly unknown[], schema: Schema, path: Path): Cause[] {
  const { items, minItems, maxItems } = schema
  const causes = items ? value.flatMap((item, index) => valueCauses(item, items, [...path, index])) : []
  if (minItems !== undefined && value.length < minItems)
    causes.push(
      cause('FieldValueInvalid', path, `${inBody(path)} should have at least ${minItems} items`, {
        shown: value.length,
      }),
    )
  if (maxItems !== undefined && value.length > maxItems) causes.push(tooMany(path, value.length, maxItems))
  return causes
}

function objectCauses(value: Readonly<Record<string, unknown>>, schema: Schema, path: Path): Cause[] {
  const { properties = {}, additionalProperties, required = [], minProperties, maxProperties } = schema
  const inner = Object.entries(value).flatMap(([key, item]) => {
    const fieldSchema = properties[key] ?? additionalProperties
    return fieldSchema ? valueCauses(item, fieldSchema, [...path, key]) : []
  })
  const missing = required
    .filter((key) => !(key in value))
    .map((key) => cause('FieldValueRequired', [...path, key], ''))
  const count = Object.keys(value).length
  const few = `${inBody(path)} should have at least ${minProperties ?? 0} properties`
  return [
    ...missing,
    ...inner,
    ...(minProperties !== undefined && count < minProperties
      ? [cause('FieldValueInvalid', path, few, { shown: count })]
      : []),
    ...(maxProperties !== undefined && count > maxProperties ? [tooMany(path, count, maxProperties)] : []),
  ]
}

function tooMany(path: Path, actual: number, most: number): Cause {
  return cause('FieldValueTooMany', path, `must have at most ${most} ${most === 1 ? 'item' : 'items'}`, {
    shown: actual,
  })
}
