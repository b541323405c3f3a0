// Which items of a list are duplicates? In a list of `x-kubernetes-list-type: set` those with the
// same value, in one of type map those with the same keys. As in the API server, an item that
// occurs three times is one duplicate: its second occurrence is reported. Pure.
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
  if (type === 'set') return duplicates(items, path)
  if (type !== 'map') return []
  const nonObjectIndex = items.findIndex((item) => item !== null && !isRecord(item))
  if (nonObjectIndex >= 0) {
    const detail = 'must be an object for an array of list-type map'
    return [cause('FieldValueInvalid', [...path, nonObjectIndex], detail, { shown: items[nonObjectIndex] })]
  }
  return duplicates(
    items.map((item) => keysOf(item, schema['x-kubernetes-list-map-keys'] ?? [])),
    path,
  )
}

function keysOf(item: unknown, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(isRecord(item) ? keys.filter((key) => key in item).map((key) => [key, item[key]]) : [])
}

function duplicates(values: readonly unknown[], path: Path): Cause[] {
  const counts = new Map<string, number>()
  return values.flatMap((value, index) => {
    const text = JSON.stringify(value)
    const before = counts.get(text) ?? 0
    counts.set(text, before + 1)
    return before === 1 ? [cause('FieldValueDuplicate', [...path, index], '', { shown: value })] : []
  })
}
