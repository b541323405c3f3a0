// How does the page stay up to date? One stream: the state, then changes; and a history that goes
// on with each sample.
import { useEffect, useState } from 'preact/hooks'
import { changedState } from '../model/change.ts'
import type { ConsoleState, PartHistory, StateChange } from '../model/state.ts'
import { withRecorded } from './history-view.ts'
import type { PipelineHistory } from './history-view.ts'
import { keyHeaders } from './key.ts'

export interface Live {
  /** undefined until the first state has come. */
  readonly state: ConsoleState | undefined
  /** The stream is open. */
  readonly connected: boolean
}

const againMs = 3_000
/** The event when an answer says that it is not known who asks. */
export const unauthorized = 'console-unauthorized'

const takers = new Set<(change: StateChange) => void>()

/** `opens`: whose reader is known; a stream that was refused is opened again for another reader. */
export function useLive(opens: string | undefined, onRefused: () => void): Live {
  const [live, setLive] = useState<Live>({ state: undefined, connected: false })
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    if (opens === undefined) {
      setLive({ state: undefined, connected: false })
      return
    }
    let again: ReturnType<typeof setTimeout> | undefined
    const stream = new EventSource('/api/stream')
    const data = (event: MessageEvent): unknown => JSON.parse(String(event.data))
    stream.addEventListener('state', (event) => setLive({ state: data(event) as ConsoleState, connected: true }))
    stream.addEventListener('change', (event) => {
      const change = data(event) as StateChange
      setLive(({ state }) => ({ state: state && changedState(state, change), connected: true }))
      for (const take of takers) take(change)
    })
    // The browser tries again by itself, and begins with a new state.
    stream.addEventListener('error', () => {
      setLive(({ state }) => ({ state, connected: false }))
      if (stream.readyState !== EventSource.CLOSED) return
      onRefused()
      again = setTimeout(() => setAttempt((before) => before + 1), againMs)
    })
    return () => {
      clearTimeout(again)
      stream.close()
    }
  }, [opens, attempt])
  return live
}

/** undefined until it is there; it is read again when `connected` is true after a break. */
export function useHistory(pipeline: string, connected: boolean): PipelineHistory | undefined {
  const [history, setHistory] = useState<{ readonly of: string; readonly parts: PipelineHistory }>()
  useEffect(() => {
    if (!connected) return
    let cancelled = false
    let pendingChanges: StateChange[] | undefined = []
    const take = (change: StateChange): void => {
      if (pendingChanges) pendingChanges.push(change)
      else setHistory((before) => before && { of: before.of, parts: withRecorded(before.parts, pipeline, change) })
    }
    takers.add(take)
    let again: ReturnType<typeof setTimeout> | undefined
    const read = async (): Promise<void> => {
      pendingChanges = [] // what came before is in the answer
      const answer = await fetchJson<Record<string, PartHistory>>(`/api/history/${pipeline}`)
      if (cancelled) return
      if (!('value' in answer)) {
        again = setTimeout(() => void read(), againMs)
        return
      }
      const parts = (pendingChanges ?? []).reduce((so, change) => withRecorded(so, pipeline, change), answer.value)
      pendingChanges = undefined
      setHistory({ of: pipeline, parts })
    }
    void read()
    return () => {
      cancelled = true
      clearTimeout(again)
      takers.delete(take)
    }
  }, [pipeline, connected])
  return history?.of === pipeline ? history.parts : undefined
}

export type Answered<T> = { readonly value: T } | { readonly status: number; readonly message: string }

/** Never rejects: what goes wrong is an answer as well. */
export async function fetchJson<T>(path: string, request: RequestInit = {}): Promise<Answered<T>> {
  try {
    const headers = { ...keyHeaders(), ...(request.headers as Record<string, string> | undefined) }
    const response = await fetch(path, { ...request, headers, signal: AbortSignal.timeout(40_000) })
    if (response.status === 401) dispatchEvent(new Event(unauthorized))
    const body = (await response.json()) as unknown
    if (response.ok) return { value: body as T }
    const { message } = body as { readonly message?: string }
    return { status: response.status, message: message ?? `The console answered ${response.status}.` }
  } catch (error) {
    const late = error instanceof DOMException && error.name === 'TimeoutError'
    return { status: 0, message: late ? 'No answer in 40 s.' : 'The console does not answer. Does it still run?' }
  }
}
