// How are dead letters replayed while pages come and go? Each run goes on in the server, every page
// can see it, and it can be stopped; one at a time for each pipeline.
import { randomUUID } from 'node:crypto'
import { CommandError, replayAll } from '@orderpipeline/client'
import type { DeadLetter, DeadLetterTopic } from '@orderpipeline/client'
import type { ReplayRunState } from '../model/actions.ts'

export interface ReplayOrder {
  readonly pipeline: string
  readonly stage: string
  readonly reason: string
  readonly by: string
  readonly perSecond: number
  readonly letters: readonly DeadLetter[]
  /** Closed by the run. */
  readonly box: Pick<DeadLetterTopic, 'replay' | 'close'>
  /** Called with the final state; the resolved text is appended to the run's message. */
  readonly ended: (run: ReplayRunState) => Promise<string | undefined>
}

interface Run {
  readonly pipeline: string
  readonly stop: AbortController
  readonly over: Promise<void>
  state: ReplayRunState
}

/** Runs of all pipelines; the oldest are forgotten. */
const retainedRuns = 20

export class ReplayRuns {
  #runs: Run[] = []

  /** Newest first. */
  of(pipeline: string): readonly ReplayRunState[] {
    return this.#runs
      .filter((run) => run.pipeline === pipeline)
      .map(({ state }) => state)
      .toReversed()
  }

  isRunning(pipeline: string): boolean {
    return this.of(pipeline).some(({ state }) => state === 'running')
  }

  /** @throws CommandError while another one of the pipeline goes on */
  start(order: ReplayOrder): ReplayRunState {
    if (this.isRunning(order.pipeline))
      throw new CommandError('Another replay of this pipeline is going on; wait for it, or stop it.')
    const { pipeline, stage, reason, by, perSecond, letters: deadLetters } = order
    const state: ReplayRunState = {
      ...{ id: randomUUID(), stage, reason, by, perSecond, total: deadLetters.length, done: 0, state: 'running' },
      startedAt: new Date().toISOString(),
    }
    const stop = new AbortController()
    const run: Run = { pipeline, stop, state, over: Promise.resolve().then(() => perform(run, order)) }
    // One that goes on is never forgotten: it can be stopped, and is waited for.
    const over = this.#runs.filter((one) => one.state.state !== 'running')
    const forgotten = new Set(over.slice(0, Math.max(0, this.#runs.length + 1 - retainedRuns)))
    this.#runs = [...this.#runs.filter((one) => !forgotten.has(one)), run]
    return state
  }

  /** undefined where there is no such run. */
  stop(pipeline: string, id: string): ReplayRunState | undefined {
    const run = this.#runs.find((one) => one.pipeline === pipeline && one.state.id === id)
    run?.stop.abort()
    return run?.state
  }

  /** Stops all; resolves when none writes any more. */
  async close(): Promise<void> {
    for (const { stop } of this.#runs) stop.abort()
    await Promise.all(this.#runs.map(({ over }) => over))
  }
}

async function perform(
  run: Run,
  { letters: deadLetters, box, perSecond, by, ended: onEnd }: ReplayOrder,
): Promise<void> {
  const change = (changes: Partial<ReplayRunState>): void => void (run.state = { ...run.state, ...changes })
  try {
    const replayedCount = await replayAll(box, deadLetters, {
      ...{ perSecond, by, force: false, signal: run.stop.signal, now: () => new Date() },
      onReplayed: (some) => change({ done: run.state.done + some.length }),
    })
    change({ state: replayedCount < deadLetters.length ? 'stopped' : 'done' })
  } catch (error) {
    change({ state: 'failed', message: error instanceof Error ? error.message : String(error) })
  }
  const endMessage = await onEnd(run.state).catch((error: unknown) => String(error))
  if (endMessage !== undefined) change({ message: [run.state.message, endMessage].filter(Boolean).join(' ') })
  await box.close().catch(() => undefined)
}
