// What is in the Secrets that the containers of a pipeline take values from? Read by name and key,
// kept only as digests. Where the operator may not read Secrets, pods follow none.
import { createHash } from 'node:crypto'
import type { OrderPipeline, Resource } from '../api/index.ts'
import { ApiError } from '../kube/errors.ts'
import type { Kube } from '../kube/port.ts'
import { namespaceOf, type SecretDigests, secretKeyName, secretReferences } from '../pipeline/index.ts'

export interface SecretDigestReader {
  look(pipeline: OrderPipeline): Promise<SecretDigests>
}

/** Those that may not be read, or are not there, are asked for less often. */
const unreadableTimes = 5
const mostKept = 5000

const secrets: Resource = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' }

type Digests = ReadonlyMap<string, string>

/** `freshMs`: how old a digest may be. A quiet pipeline is looked at only when it is resynced. */
export const secretDigests = (
  kube: Pick<Kube, 'get'>,
  now: () => number,
  failed: (error: unknown) => void,
  freshMs: number,
): SecretDigestReader => {
  const known = new Map<string, { readonly until: number; readonly digests: Digests }>()
  const read = async (namespace: string, name: string): Promise<Digests> => {
    const id = `${namespace}/${name}`
    const last = known.get(id)
    if (last && last.until > now()) return last.digests
    const found = await digestsIn(kube, namespace, name).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.code !== 403) failed(error)
      // Out of reach for a moment is no reason to forget; may not be read is.
      return error instanceof ApiError && error.code === 403 ? undefined : (last?.digests ?? undefined)
    })
    known.delete(id)
    if (known.size >= mostKept) for (const oldest of known.keys()) if (known.delete(oldest)) break
    known.set(id, { until: now() + (found ? freshMs : unreadableTimes * freshMs), digests: found ?? new Map() })
    return found ?? new Map<string, string>()
  }
  return {
    look: async (pipeline) => {
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

/** With the Secret's uid in it, the same password elsewhere has another digest. */
const digestsIn = async (kube: Pick<Kube, 'get'>, namespace: string, name: string): Promise<Digests | undefined> => {
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
