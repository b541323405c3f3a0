// How does the page act, and what may its reader do? As the server says, which asks the API server.
import { useEffect, useState } from 'preact/hooks'
import type { Rights } from '../model/actions.ts'
import { fetchJson } from './live.ts'
import type { Answered } from './live.ts'

const rightsEveryMs = 30_000

/** `pipeline` is `<namespace>/<name>`. */
export function act<T>(pipeline: string, action: string, body: object): Promise<Answered<T>> {
  return fetchJson<T>(`/api/actions/${pipeline}/${action}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

/** undefined while they are not known, or no review is needed. */
export function useRights(pipeline: string, reviewed: boolean): Rights | undefined {
  const [entry, setEntry] = useState<{ readonly of: string; readonly rights: Rights }>()
  useEffect(() => {
    if (!reviewed) return
    let cancelled = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = async (): Promise<void> => {
      const answer = await fetchJson<Rights>(`/api/actions/${pipeline}`)
      if (cancelled) return
      if ('value' in answer) setEntry({ of: pipeline, rights: answer.value })
      timer = setTimeout(() => void look(), rightsEveryMs)
    }
    void look()
    return () => {
      cancelled = true
      clearTimeout(timer)
    }
  }, [pipeline, reviewed])
  return entry?.of === pipeline ? entry.rights : undefined
}
