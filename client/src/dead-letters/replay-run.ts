// How are dead letters played again? In the order their messages had, at a bounded rate, until
// done, refused or interrupted.
import { setTimeout as sleep } from 'node:timers/promises'
import type { DeadLetter } from '@orderpipeline/kafka'
import type { DeadLetterTopic } from './dead-letter-topic.ts'
import { refusal } from './replayable.ts'

export interface ReplayPlan {
  readonly goes: readonly DeadLetter[]
  readonly stays: readonly { readonly letter: DeadLetter; readonly why: string }[]
}

export function replayPlan(letters: readonly DeadLetter[], force: boolean, now: Date, edited = false): ReplayPlan {
  const judged = letters.map((letter) => ({ letter, why: refusal(letter, force, now, edited) }))
  return {
    goes: judged
      .filter(({ why }) => why === undefined)
      .map(({ letter }) => letter)
      .sort(bySource),
    stays: judged.flatMap(({ letter, why }) => (why === undefined ? [] : [{ letter, why }])),
  }
}

/** As they were in their topic, so that messages of one key come in the order they had. */
function bySource({ source: a }: DeadLetter, { source: b }: DeadLetter): number {
  if (a === undefined || b === undefined) return 0
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1
  return a.partition - b.partition || Number(BigInt(a.offset || 0) - BigInt(b.offset || 0))
}

export interface ReplayRun {
  readonly perSecond: number
  readonly by: string
  readonly force: boolean
  /** Of the only letter, when it was edited. */
  readonly value?: string | Buffer | undefined
  readonly now: () => Date
  readonly signal: AbortSignal
  readonly onReplayed: (letters: readonly DeadLetter[]) => void
}

const chunksASecond = 10

/** Resolves with how many were played again; fewer than all when interrupted. */
export async function replayAll(
  box: Pick<DeadLetterTopic, 'replay'>,
  letters: readonly DeadLetter[],
  run: ReplayRun,
): Promise<number> {
  const chunk = Math.max(1, Math.round(run.perSecond / chunksASecond))
  const pauseMs = (chunk * 1_000) / run.perSecond
  let done = 0
  while (done < letters.length && !run.signal.aborted) {
    if (done > 0) await sleep(pauseMs, undefined, { signal: run.signal }).catch(() => undefined)
    if (run.signal.aborted) break
    const some = letters.slice(done, done + chunk)
    const { by, value, force } = run
    await box.replay(some.map((letter) => ({ letter, value, by, at: run.now(), forced: force })))
    done += some.length
    run.onReplayed(some)
  }
  return done
}
