// How far are the replays? Each with its progress and a way to stop it, until a page has seen it
// end.
import { useEffect, useState } from 'preact/hooks'
import type { ReplayRunState, Rights } from '../../model/actions.ts'
import { act } from '../actions.ts'
import { ActionButton } from '../dialog.tsx'
import { fetchJson } from '../live.ts'
import { clockText, plural } from '../words.ts'

const runningMs = 500
const idleMs = 5_000

/** Newest first. `startCount` changes when this page has started one. */
export function useReplays(pipeline: string, writes: boolean, startCount: number): readonly ReplayRunState[] {
  const [runs, setRuns] = useState<readonly ReplayRunState[]>([])
  useEffect(() => {
    if (!writes) return
    let cancelled = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = async (): Promise<void> => {
      const answer = await fetchJson<readonly ReplayRunState[]>(`/api/replays/${pipeline}`)
      if (cancelled) return
      const currentRuns = 'value' in answer ? answer.value : []
      if ('value' in answer) setRuns(currentRuns)
      timer = setTimeout(() => void look(), currentRuns.some(({ state }) => state === 'running') ? runningMs : idleMs)
    }
    void look()
    return () => {
      cancelled = true
      clearTimeout(timer)
    }
  }, [pipeline, writes, startCount])
  return runs
}

const shownRuns = 5

interface ReplaysProps {
  readonly pipeline: string
  readonly runs: readonly ReplayRunState[]
  readonly rights: Rights | undefined
}

export function Replays({ pipeline, runs, rights }: ReplaysProps) {
  if (runs.length === 0) return null
  return (
    <section class="panel" aria-labelledby="replays-title">
      <h2 id="replays-title">Replays</h2>
      <ul class="replays">
        {runs.slice(0, shownRuns).map((run) => (
          <li key={run.id}>
            <Replay {...{ pipeline, run, rights }} />
          </li>
        ))}
      </ul>
    </section>
  )
}

const words = { running: 'busy', done: 'good', stopped: 'unknown', failed: 'bad' } as const

function Replay({ pipeline, run, rights }: Omit<ReplaysProps, 'runs'> & { readonly run: ReplayRunState }) {
  const { id, stage, reason, by, startedAt, total, done, state, message } = run
  const name = `${reason} of ${stage}`
  return (
    <>
      <span class={`state ${words[state]}`}>{state}</span>
      <div>
        <strong>{name}</strong> <progress max={total} value={done} aria-label={`Replay of ${name}`} />{' '}
        <span>{`${done} of ${plural(total, 'message')}`}</span>
        <p class="hint">{`${by}, ${clockText(Date.parse(startedAt))}${message === undefined ? '' : `. ${message}`}`}</p>
      </div>
      {state === 'running' && rights && (
        <ActionButton
          {...{ label: 'Stop', about: `the replay of ${name}`, refused: rights.refused.replay }}
          onClick={() => void act(pipeline, 'stop', { run: id })}
        />
      )}
    </>
  )
}
