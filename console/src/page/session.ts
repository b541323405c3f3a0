// Who reads this page? On a machine its user; in a cluster a person who signs in, until the token
// is not accepted any more.
import { useEffect, useState } from 'preact/hooks'
import type { Session } from '../model/actions.ts'
import { forgetKey, keepKey } from './key.ts'
import { fetchJson, unauthorized } from './live.ts'
import type { Answered } from './live.ts'
import { forgetStaffToken } from './staff-token.ts'

const againMs = 3_000

export interface SessionState {
  /** undefined until it is known. */
  readonly session: Session | undefined
  /** Reads it again. */
  readonly refresh: () => void
}

export function useSession(): SessionState {
  const [session, setSession] = useState<Session>()
  const [times, setTimes] = useState(0)
  const refresh = (): void => setTimes((before) => before + 1)
  useEffect(() => {
    let cancelled = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = async (): Promise<void> => {
      const answer = await fetchJson<Session>('/api/session')
      if (cancelled) return
      if ('value' in answer) setSession(answer.value)
      else timer = setTimeout(() => void look(), againMs)
    }
    void look()
    return () => {
      cancelled = true
      clearTimeout(timer)
    }
  }, [times])
  useEffect(() => {
    addEventListener(unauthorized, refresh)
    return () => removeEventListener(unauthorized, refresh)
  }, [])
  return { session, refresh }
}

function posted<T>(path: string, body: object): Promise<Answered<T>> {
  return fetchJson<T>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

export async function signIn(token: string): Promise<Answered<Session>> {
  const answer = await posted<Session & { readonly key: string }>('/api/session', { token })
  if (!('value' in answer)) return answer
  // A person may have used this tab before, and not signed out.
  forgetStaffToken()
  keepKey(answer.value.key)
  return answer
}

export async function signOut(): Promise<void> {
  await posted('/api/session/end', {})
  forgetKey()
  forgetStaffToken()
}
