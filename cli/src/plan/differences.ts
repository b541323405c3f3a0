// What is different, at which path, from what to what? Between two versions of an object; and
// between the desired state and the live object, to which the API server and others have added
// their own fields.
import { isDeepStrictEqual } from 'node:util'
import { drift, fingerprintAnnotation, versionAnnotations } from '@orderpipeline/operator/pipeline'
import { isRecord } from '../validation/cause.ts'

export interface Difference {
  readonly path: string
  /** Absent: it is new. */
  readonly from?: unknown
  /** Absent: it is taken away. */
  readonly to?: unknown
}

/**
 * Annotations of the operator for itself: they change with the objects and are of no interest here.
 */
const bookkeeping = [fingerprintAnnotation, ...Object.values(versionAnnotations)].map(
  (name) => `metadata.annotations.${name}`,
)

/**
 * What applying `desired` would change on `live`, compared as the operator compares, and which of
 * the operator's own fields it would drop.
 */
export function changesTo(live: unknown, desired: unknown, fieldManager: string): Difference[] {
  const drifted = drift(desired, live).map((path) => difference(path, valueAt(live, path), valueAt(desired, path)))
  const dropped = ownedPaths(live, fieldManager)
    .filter((steps) => find(desired, steps) === undefined && find(live, steps) !== undefined)
    .map((steps) => difference(stepsText(steps), find(live, steps), undefined))
  return [...drifted, ...outermost(dropped)].filter(({ path }) => !bookkeeping.includes(path))
}

/**
 * Everything in which two versions differ. Items that have a name, or name a topic, are found by
 * it.
 */
export function differences(from: unknown, to: unknown, path = ''): Difference[] {
  if (Array.isArray(from) && Array.isArray(to)) return listDifferences(from, to, path)
  if (isRecord(from) && isRecord(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])]
    return keys.flatMap((key) => differences(from[key], to[key], path === '' ? key : `${path}.${key}`))
  }
  return from === to ? [] : [difference(path, from, to)]
}

function listDifferences(from: readonly unknown[], to: readonly unknown[], path: string): Difference[] {
  const key = identities.find((one) =>
    [...from, ...to].every((item) => isRecord(item) && typeof item[one] === 'string'),
  )
  if (key === undefined) return isDeepStrictEqual(from, to) ? [] : [difference(path, from, to)]
  const idOf = (item: unknown): string => (isRecord(item) ? String(item[key]) : '')
  const ids = [...new Set([...from, ...to].map(idOf))]
  return ids.flatMap((id) =>
    differences(
      from.find((item) => idOf(item) === id),
      to.find((item) => idOf(item) === id),
      `${path}[${id}]`,
    ),
  )
}

const identities = ['uid', 'name', 'topic', 'topologyKey']

function difference(path: string, from: unknown, to: unknown): Difference {
  return {
    path,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  }
}

/** Finds what a path of `drift` stands for, though keys, too, may have dots. */
export function valueAt(value: unknown, path: string): unknown {
  if (path === '' || value === undefined) return value
  const bracket = /^\[([^\]]*)\]\.?/.exec(path)
  if (bracket && Array.isArray(value)) {
    const id = bracket[1] ?? ''
    const item = (value as unknown[]).find(
      (one, index) => String(index) === id || (isRecord(one) && (one['uid'] === id || one['name'] === id)),
    )
    return valueAt(item, path.slice(bracket[0].length))
  }
  if (!isRecord(value)) return undefined
  const key = Object.keys(value)
    .filter((one) => path === one || path.startsWith(`${one}.`) || path.startsWith(`${one}[`))
    .sort((a, b) => b.length - a.length)[0]
  return key === undefined ? undefined : valueAt(value[key], path.slice(key.length).replace(/^\./, ''))
}

/** A field by its name, an item by the keys that make it itself. */
type OwnedStep = string | Readonly<Record<string, unknown>>

interface ManagedFields {
  readonly manager: string
  readonly operation: string
  readonly subresource?: string
  readonly fieldsV1?: Readonly<Record<string, unknown>>
}

/**
 * All fields that server-side apply remembers as this manager's: it drops those that are no longer
 * desired.
 */
function ownedPaths(live: unknown, fieldManager: string): OwnedStep[][] {
  const metadata = isRecord(live) && isRecord(live['metadata']) ? live['metadata'] : {}
  const entries = Array.isArray(metadata['managedFields']) ? (metadata['managedFields'] as ManagedFields[]) : []
  return entries
    .filter(({ manager, operation, subresource }) => manager === fieldManager && operation === 'Apply' && !subresource)
    .flatMap(({ fieldsV1 = {} }) => stepsOf(fieldsV1))
}

function stepsOf(fields: Readonly<Record<string, unknown>>): OwnedStep[][] {
  return Object.entries(fields).flatMap(([key, inner]): OwnedStep[][] => {
    const step = ownedStep(key)
    if (step === undefined) return []
    return [[step], ...(isRecord(inner) ? stepsOf(inner).map((rest) => [step, ...rest]) : [])]
  })
}

/**
 * `f:name` and `k:{"name":"x"}`; values of sets (`v:`) and the item itself (`.`) say nothing that
 * is not said above.
 */
function ownedStep(key: string): OwnedStep | undefined {
  if (key.startsWith('f:')) return key.slice(2)
  return key.startsWith('k:') ? (JSON.parse(key.slice(2)) as Record<string, unknown>) : undefined
}

function find(value: unknown, [step, ...rest]: readonly OwnedStep[]): unknown {
  if (step === undefined) return value
  if (typeof step === 'string') return isRecord(value) && step in value ? find(value[step], rest) : undefined
  if (!Array.isArray(value)) return undefined
  const keys = Object.entries(step)
  const item = (value as unknown[]).find(
    (one) => isRecord(one) && keys.every(([key, id]) => one[key] === id || one[key] === undefined),
  )
  return find(item, rest)
}

function stepsText(steps: readonly OwnedStep[]): string {
  return steps
    .map((step, index) =>
      typeof step === 'string' ? `${index > 0 ? '.' : ''}${step}` : `[${Object.values(step).map(String).join(',')}]`,
    )
    .join('')
}

/** What is deleted together with its parent is not listed again. */
function outermost(all: readonly Difference[]): Difference[] {
  return all.filter(
    ({ path }) =>
      !all.some(
        (other) => other.path !== path && (path.startsWith(`${other.path}.`) || path.startsWith(`${other.path}[`)),
      ),
  )
}
