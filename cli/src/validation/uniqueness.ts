// Is every item of a list that is a map, or a set, in it once? The API server reports each
// duplicate once.
import { cause, isRecord } from './cause.ts'
import type { Cause, Path } from './cause.ts'
import type { Schema } from './schema.ts'

export function duplicateCauses(value: unknown, schema: Schema, path: Path = []): Cause[] {
  if (Array.isArray(value)) {
    const { items } = schema
    const inner = items ? value.flatMap((item, index) => duplicateCauses(item, items, [...path, index])) : []
    return [...ownDuplicates(value, schema, path), ...inner]
  }
  if (!isRecord(value)) return []
  const { properties = {}, additionalProperties } = schema
  return Object.entries(value).flatMap(([key, item]) => {
    const fieldSchema = properties[key]
    if (fieldSchema) return duplicateCauses(item, fieldSchema, [...path, key])
    return additionalProperties ? duplicateCauses(item, additionalProperties, [...path, { key }]) : []
  })
}

function ownDuplicates(items: readonly unknown[], schema: Schema, path: Path): Cause[] {
  const type = schema['x-kubernetes-list-type']
  if (type === 'set') return secondOnes(items, path)
  if (type !== 'map') return []
  const stranger = items.findIndex((item) => item !== null && !isRecord(item))
  if (stranger >= 0) {
    const detail = 'must be an object for an array of list-type map'
    return [cause('FieldValueInvalid', [...path, stranger], detail, { shown: items[stranger] })]
  }
  return secondOnes(
    items.map((item) => keysOf(item, schema['x-kubernetes-list-map-keys'] ?? [])),
    path,
  )
}

function keysOf(item: unknown, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(isRecord(item) ? keys.filter((key) => key in item).map((key) => [key, item[key]]) : [])
}

function secondOnes(values: readonly unknown[], path: Path): Cause[] {
  const times = new Map<string, number>()
  return values.flatMap((value, index) => {
    const text = JSON.stringify(value)
    const before = times.get(text) ?? 0
    times.set(text, before + 1)
    return before === 1 ? [cause('FieldValueDuplicate', [...path, index], '', { shown: value })] : []
  })
}
