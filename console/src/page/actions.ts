// How does the page act? With the key from the address that the terminal printed; without it the
// page only reads.
import { useEffect, useState } from 'preact/hooks'
import type { Rights } from '../model/actions.ts'
import { ask, type Answered } from './live.ts'

const storageKey = 'orderpipeline-console-key'
const rightsEveryMs = 30_000

/** Takes the key out of the address, so that a copied link does not contain it. */
export function takeKey(): void {
  const key = new URLSearchParams(location.hash.slice(1)).get('key')
  if (key === null) return
  localStorage.setItem(storageKey, key)
  history.replaceState(undefined, '', location.pathname + location.search)
}

const keyHeaders = (): Record<string, string> => {
  const key = localStorage.getItem(storageKey)
  return key === null ? {} : { 'x-console-key': key }
}

/** `pipeline` is `<namespace>/<name>`. */
export const act = <T>(pipeline: string, action: string, body: object): Promise<Answered<T>> =>
  ask<T>(`/api/actions/${pipeline}/${action}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...keyHeaders() },
    body: JSON.stringify(body),
  })

export const askAsKeyHolder = <T>(path: string): Promise<Answered<T>> => ask<T>(path, { headers: keyHeaders() })

/** undefined while nothing can be done or nothing is known of it. */
export function useRights(pipeline: string, writes: boolean): Rights | undefined {
  const [entry, setEntry] = useState<{ readonly of: string; readonly rights: Rights }>()
  useEffect(() => {
    if (!writes) return
    let cancelled = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = async (): Promise<void> => {
      const answer = await askAsKeyHolder<Rights>(`/api/actions/${pipeline}`)
      if (cancelled) return
      if ('value' in answer) setEntry({ of: pipeline, rights: answer.value })
      timer = setTimeout(() => void look(), rightsEveryMs)
    }
    void look()
    return () => {
      cancelled = true
      clearTimeout(timer)
    }
  }, [pipeline, writes])
  return entry?.of === pipeline ? entry.rights : undefined
}
