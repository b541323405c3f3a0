// How are dead letters replayed? In the order of their messages, at a bounded rate, until all are
// replayed, or one is refused, or the run is interrupted.
import { sleep } from '@orderpipeline/retry'
import type { DeadLetter } from '@orderpipeline/kafka'
import type { DeadLetterTopic } from './dead-letter-topic.ts'
import { refusal } from './replayable.ts'

export interface ReplayPlan {
  readonly replayable: readonly DeadLetter[]
  readonly refused: readonly { readonly letter: DeadLetter; readonly why: string }[]
}

export function replayPlan(deadLetters: readonly DeadLetter[], force: boolean, now: Date, edited = false): ReplayPlan {
  const judged = deadLetters.map((deadLetter) => ({ letter: deadLetter, why: refusal(deadLetter, force, now, edited) }))
  return {
    replayable: judged
      .filter(({ why }) => why === undefined)
      .map(({ letter }) => letter)
      .sort(bySource),
    refused: judged.flatMap(({ letter, why }) => (why === undefined ? [] : [{ letter, why }])),
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
  /** The edited message; only for a run with one dead letter. */
  readonly value?: string | Buffer | undefined
  readonly now: () => Date
  readonly signal: AbortSignal
  readonly onReplayed: (deadLetters: readonly DeadLetter[]) => void
}

const chunksASecond = 10

/** Resolves with how many were played again; fewer than all when interrupted. */
export async function replayAll(
  box: Pick<DeadLetterTopic, 'replay'>,
  deadLetters: readonly DeadLetter[],
  run: ReplayRun,
): Promise<number> {
  const chunk = Math.max(1, Math.round(run.perSecond / chunksASecond))
  const pauseMs = (chunk * 1_000) / run.perSecond
  let replayedCount = 0
  while (replayedCount < deadLetters.length && !run.signal.aborted) {
    if (replayedCount > 0) await sleep(pauseMs, run.signal)
    if (run.signal.aborted) break
    const some = deadLetters.slice(replayedCount, replayedCount + chunk)
    const { by, value, force } = run
    await box.replay(some.map((deadLetter) => ({ letter: deadLetter, value, by, at: run.now(), forced: force })))
    replayedCount += some.length
    run.onReplayed(some)
  }
  return replayedCount
}
