// How does the page get a history longer than the console's own? It asks again when the next sample
// is due; what was read before stays while Prometheus is away.
import { useEffect, useState } from 'preact/hooks'
import type { LongAnswer, LongRange } from '../model/long-range.ts'
import type { PartHistory } from '../model/state.ts'
import { fetchJson } from './live.ts'

export interface LongHistory {
  /** Absent until it has been read. */
  readonly history?: PartHistory
  /** Why it is absent, or old. */
  readonly trouble?: string
}

const againMs = 15_000

/** undefined until there is an answer. Without a range nothing is asked. */
export function useLongHistory(pipeline: string, part: string, range: LongRange | undefined): LongHistory | undefined {
  const path = range && `/api/history/${pipeline}/${encodeURIComponent(part)}?minutes=${range.minutes}`
  const [entry, setEntry] = useState<{ readonly path: string; readonly long: LongHistory }>()
  useEffect(() => {
    if (path === undefined || range === undefined) return
    let cancelled = false
    let again: ReturnType<typeof setTimeout> | undefined
    const read = async (): Promise<void> => {
      const answered = await fetchJson<LongAnswer>(path)
      if (cancelled) return
      const answer = 'value' in answered ? answered.value : { trouble: answered.message }
      setEntry((before) => ({
        path,
        long: before?.path === path ? { ...before.long, trouble: '', ...answer } : answer,
      }))
      again = setTimeout(() => void read(), 'history' in answer ? range.stepMs : againMs)
    }
    void read()
    return () => {
      cancelled = true
      clearTimeout(again)
    }
  }, [path])
  return entry?.path === path ? entry?.long : undefined
}
