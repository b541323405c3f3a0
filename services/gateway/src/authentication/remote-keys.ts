// Which public key verifies a token? One of those the issuer publishes. They are fetched once and
// kept; an unknown key id causes another request, though not more often than every half minute.
// While the issuer is unavailable requests become less and less frequent, and the cached keys go on
// being used.
import { backoffMs } from '@orderpipeline/retry'
import { createLocalJWKSet, errors } from 'jose'
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose'
import { z } from 'zod'

/**
 * The issuer's keys cannot be fetched: not the caller's fault, and no reason to believe a token.
 */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError'
  readonly reason = 'KeysUnavailable'
  readonly retry = true
}

export interface RemoteKeysOptions {
  readonly url: string
  readonly timeoutMs: number
  readonly cacheMs: number
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  readonly random?: () => number
  /** Called with the error of each request that failed. */
  readonly onFailure?: (error: unknown) => void
}

/**
 * The time between two requests for an unknown key id: callers choose key ids, and must not control
 * our traffic.
 */
const newKeyEveryMs = 30_000
/** For how long keys past their time are used while the issuer does not answer. */
const graceMs = 3_600_000
const backoff = { firstMs: 1_000, maxMs: 60_000 }
const largestBytes = 1_000_000

interface CachedKeys {
  readonly select: JWTVerifyGetKey
  readonly fetchedAt: number
}

export function remoteKeys(options: RemoteKeysOptions): JWTVerifyGetKey {
  const { url, timeoutMs, cacheMs, now, random = Math.random, onFailure } = options
  let cached: CachedKeys | undefined
  let fetching: Promise<CachedKeys> | undefined
  let failures = 0
  let notBefore = -Infinity

  const fetchNow = async (): Promise<CachedKeys> => {
    try {
      const keys = await fetchKeys(url, timeoutMs)
      failures = 0
      return (cached = { select: createLocalJWKSet(keys), fetchedAt: now() })
    } catch (error) {
      onFailure?.(error)
      notBefore = now() + backoffMs(++failures, backoff, random)
      throw new KeysUnavailableError("the issuer's keys cannot be fetched", { cause: error })
    } finally {
      fetching = undefined
    }
  }
  /** However many callers wait for keys, one request is under way. */
  const refresh = (): Promise<CachedKeys> => {
    if (fetching) return fetching
    if (now() < notBefore)
      return Promise.reject(new KeysUnavailableError("the last attempt to fetch the issuer's keys failed"))
    return (fetching = fetchNow())
  }
  const current = async (): Promise<CachedKeys> => {
    if (!cached) return refresh()
    const age = now() - cached.fetchedAt
    if (age > cacheMs + graceMs) return refresh()
    if (age > cacheMs) refresh().catch(() => undefined)
    return cached
  }

  return async (header, token) => {
    const keys = await current()
    try {
      return await keys.select(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || now() - keys.fetchedAt < newKeyEveryMs) throw error
      return (await refresh()).select(header, token)
    }
  }
}

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) })

async function fetchKeys(url: string, timeoutMs: number): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (!response.ok) {
    await response.body?.cancel()
    // Not the whole address: the query of some issuers' addresses contains a key.
    throw new Error(`${new URL(url).origin} answered ${response.status}`)
  }
  return keySet.parse(JSON.parse(await boundedText(response)))
}

async function boundedText(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  const body: AsyncIterable<Uint8Array> | [] = response.body ?? []
  for await (const part of body) {
    bytes += part.byteLength
    if (bytes > largestBytes) throw new Error(`the keys are larger than ${largestBytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}
