// Has a value changed in a Secret that the containers of a pipeline use? The operator reads each
// Secret by name and keeps only digests of its values. Where it may not read Secrets there are no
// digests, and a changed Secret restarts no pod.
import { createHash } from 'node:crypto'
import type { OrderPipeline, Resource } from '../api/index.ts'
import { ApiError } from '../kube/errors.ts'
import type { Kube } from '../kube/port.ts'
import { namespaceOf, secretKeyName, secretReferences } from '../pipeline/index.ts'
import type { SecretDigests } from '../pipeline/index.ts'

export interface SecretDigestReader {
  digestsOf(pipeline: OrderPipeline): Promise<SecretDigests>
}

/** A Secret that is forbidden or missing is read again after this many times `freshMs`. */
const unreadableFactor = 5
/** Secrets in the cache; beyond that the entry that was read longest ago is dropped. */
const maxEntries = 5000

const secrets: Resource = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' }

type Digests = ReadonlyMap<string, string>

/**
 * `freshMs`: how old a digest may be. A settled pipeline is reconciled only at its resync, and a
 * changed Secret is noticed only by a reconcile. `onError` gets every error except 403 (forbidden).
 */
export function secretDigests(
  kube: Pick<Kube, 'get'>,
  now: () => number,
  onError: (error: unknown) => void,
  freshMs: number,
): SecretDigestReader {
  const cache = new Map<string, { readonly until: number; readonly digests: Digests }>()
  const read = async (namespace: string, name: string): Promise<Digests> => {
    const id = `${namespace}/${name}`
    const last = cache.get(id)
    if (last && last.until > now()) return last.digests
    const digests = await digestsIn(kube, namespace, name).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.code !== 403) onError(error)
      // After a temporary error the last digests stay in use; after 403 (forbidden) they do not.
      return error instanceof ApiError && error.code === 403 ? undefined : (last?.digests ?? undefined)
    })
    cache.delete(id)
    if (cache.size >= maxEntries) for (const oldest of cache.keys()) if (cache.delete(oldest)) break
    cache.set(id, { until: now() + (digests ? freshMs : unreadableFactor * freshMs), digests: digests ?? new Map() })
    return digests ?? new Map<string, string>()
  }
  return {
    digestsOf: async (pipeline) => {
      const namespace = namespaceOf(pipeline)
      const references = [...secretReferences(pipeline).values()].flat()
      const all = new Map<string, string>()
      for (const name of new Set(references.map((reference) => reference.name))) {
        const digests = await read(namespace, name)
        for (const reference of references) {
          const digest = reference.name === name ? digests.get(reference.key) : undefined
          if (digest !== undefined) all.set(secretKeyName(reference), digest)
        }
      }
      return all
    },
  }
}

/**
 * A digest for each key, undefined if the Secret does not exist. The digest includes the Secret's
 * uid, so that equal passwords in two Secrets have different digests.
 */
async function digestsIn(kube: Pick<Kube, 'get'>, namespace: string, name: string): Promise<Digests | undefined> {
  const secret = await kube.get(secrets, namespace, name)
  if (!secret) return undefined
  const { data = {} } = secret as { readonly data?: Readonly<Record<string, string>> }
  return new Map(
    Object.entries(data).map(([key, value]) => [
      key,
      createHash('sha256')
        .update(JSON.stringify([secret.metadata.uid, key, value]))
        .digest('hex')
        .slice(0, 16),
    ]),
  )
}
