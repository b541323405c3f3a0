// How does the page stay up to date? One stream: the state, then changes; and a history that goes
// on with each sample.
import { useEffect, useState } from 'preact/hooks'
import { changedState } from '../model/change.ts'
import type { ConsoleState, PartHistory, StateChange } from '../model/state.ts'
import { withRecorded, type PipelineHistory } from './history-view.ts'

export interface Live {
  /** undefined until the first state has come. */
  readonly state: ConsoleState | undefined
  /** The stream is open. */
  readonly connected: boolean
}

const againMs = 3_000

const takers = new Set<(change: StateChange) => void>()

export function useLive(): Live {
  const [live, setLive] = useState<Live>({ state: undefined, connected: false })
  useEffect(() => {
    const stream = new EventSource('/api/stream')
    const data = (event: MessageEvent): unknown => JSON.parse(String(event.data))
    stream.addEventListener('state', (event) => setLive({ state: data(event) as ConsoleState, connected: true }))
    stream.addEventListener('change', (event) => {
      const change = data(event) as StateChange
      setLive(({ state }) => ({ state: state && changedState(state, change), connected: true }))
      for (const take of takers) take(change)
    })
    // The browser tries again by itself, and begins with a new state.
    stream.addEventListener('error', () => setLive(({ state }) => ({ state, connected: false })))
    return () => stream.close()
  }, [])
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
      const answer = await ask<Record<string, PartHistory>>(`/api/history/${pipeline}`)
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
export async function ask<T>(path: string, request: RequestInit = {}): Promise<Answered<T>> {
  try {
    const response = await fetch(path, { ...request, signal: AbortSignal.timeout(40_000) })
    const body = (await response.json()) as unknown
    if (response.ok) return { value: body as T }
    const { message } = body as { readonly message?: string }
    return { status: response.status, message: message ?? `The console answered ${response.status}.` }
  } catch (error) {
    const late = error instanceof DOMException && error.name === 'TimeoutError'
    return { status: 0, message: late ? 'No answer in 40 s.' : 'The console does not answer. Does it still run?' }
  }
}
