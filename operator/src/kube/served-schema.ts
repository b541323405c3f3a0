// Which fields does the API server know of a kind? A custom resource definition may be older than
// the operator: a field that it lacks is refused by server-side apply or dropped, so it must not be
// sent. Read from OpenAPI, which every authenticated user may read.
import { backoffMs, sleep } from '@orderpipeline/retry'
import type { Backoff } from '@orderpipeline/retry'
import type { Resource } from '../api/index.ts'
import { isNotFound } from './errors.ts'
import type { Kube } from './port.ts'

export interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly enum?: readonly unknown[]
  readonly additionalProperties?: unknown
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
}

export interface ServedSchemas {
  /** Undefined while unknown, which means that every field is sent. */
  of(resource: Resource): Schema | undefined
  /**
   * Reads it again unless that was just done; after a failure the cached schema stays. One that was
   * never read is tried again in the background, some times.
   */
  load(resource: Resource): Promise<void>
}

const leastPauseMs = 5_000

/**
 * An API server under load answers late, and one that has just got a kind describes it some seconds
 * later; the next watch opens only after minutes.
 */
const usualBackoff: Backoff = { firstMs: 1_000, maxMs: 30_000 }
const mostRetries = 8

export function servedSchemas(
  kube: Pick<Kube, 'openapi'>,
  now: () => number,
  /** The schema is another one than before, or known only now. */
  onChange: (resource: Resource) => void,
  signal: AbortSignal = new AbortController().signal,
  backoff: Backoff = usualBackoff,
): ServedSchemas {
  const cache = new Map<string, { readonly text: string; readonly schema: Schema }>()
  const loadedAt = new Map<string, number>()
  const retrying = new Set<string>()

  const read = async (resource: Resource, isFirst: boolean): Promise<'known' | 'unknown' | 'notServed'> => {
    const { apiVersion, kind } = resource
    loadedAt.set(kind, now())
    const document = await kube.openapi(apiVersion).catch((error: unknown) => (isNotFound(error) ? null : undefined))
    const schema = schemaIn(document, resource)
    // Its informer asks for such a kind at intervals, and has its schema read before.
    if (!schema) return document === null ? 'notServed' : 'unknown'
    const [before, text] = [cache.get(kind), JSON.stringify(schema)]
    if (before?.text === text) return 'known'
    cache.set(kind, { text, schema })
    if (before || !isFirst) onChange(resource)
    return 'known'
  }

  const retry = async (resource: Resource): Promise<void> => {
    const { kind } = resource
    if (retrying.has(kind)) return
    retrying.add(kind)
    for (let failures = 1; failures <= mostRetries; failures += 1) {
      await sleep(backoffMs(failures, backoff), signal)
      if (signal.aborted || cache.has(kind) || (await read(resource, false)) !== 'unknown') break
    }
    retrying.delete(kind)
  }

  return {
    of: ({ kind }) => cache.get(kind)?.schema,
    load: async (resource) => {
      const { kind } = resource
      if (now() - (loadedAt.get(kind) ?? -Infinity) < leastPauseMs) return
      if ((await read(resource, true)) === 'unknown' && !cache.has(kind)) void retry(resource)
    },
  }
}

export function schemaIn(document: unknown, { apiVersion, kind }: Resource): Schema | undefined {
  const [group, version] = apiVersion.split('/')
  const schemas = (document as { components?: { schemas?: Record<string, Named> } } | undefined)?.components?.schemas
  return Object.values(schemas ?? {}).find((schema) =>
    schema['x-kubernetes-group-version-kind']?.some(
      (one) => one.group === group && one.version === version && one.kind === kind,
    ),
  )
}

interface Named extends Schema {
  readonly 'x-kubernetes-group-version-kind'?: readonly { group: string; version: string; kind: string }[]
}

/** The schema of a field below, such as `status.stages`; undefined when it is not declared. */
export function schemaAt(schema: Schema | undefined, path: string): Schema | undefined {
  return path.split('.').reduce<Schema | undefined>((at, field) => at?.properties?.[field], schema)
}

/**
 * The value without what the schema does not declare, and the paths of that. Without a schema
 * everything is kept.
 */
export function declaredPart<T>(value: T, schema: Schema | undefined): { value: T; undeclared: string[] } {
  const undeclaredPaths = new Set<string>()
  const part = (node: unknown, at: Schema | undefined, path: string): unknown => {
    if (!at || at['x-kubernetes-preserve-unknown-fields'] === true) return node
    if (Array.isArray(node)) return node.map((item) => part(item, at.items, `${path}[]`))
    if (typeof node !== 'object' || node === null || !at.properties) return node
    return Object.fromEntries(
      Object.entries(node).flatMap(([name, field]) => {
        const below = at.properties?.[name]
        const here = path === '' ? name : `${path}.${name}`
        if (below) return [[name, part(field, below, here)] as const]
        undeclaredPaths.add(here)
        return []
      }),
    )
  }
  const declaredValue = part(value, schema, '') as T
  return { value: declaredValue, undeclared: [...undeclaredPaths] }
}
