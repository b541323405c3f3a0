// What can be done with the dead letters of one stage and cause? They are counted, replayed and
// discarded by what `orderpipeline dlq` does it with.
import { CommandFailed, lettersMeant, replayPlan, type DeadLetter, type DeadLetterTopic } from '@orderpipeline/client'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { namespaceOf } from '@orderpipeline/operator/pipeline'
import type { Done, LetterPlan, ReplayRunState, RightName } from '../model/actions.ts'
import type { Actions, Perform } from './actions-port.ts'
import { bodies, checked } from './asked.ts'
import type { ReplayRuns } from './replay-runs.ts'

export interface LetterSurroundings {
  readonly actions: Pick<Actions, 'letterBox' | 'person'>
  readonly runs: ReplayRuns
  /** @throws Forbidden */
  readonly may: (pipeline: OrderPipeline, right: RightName) => Promise<void>
  /** Has it recorded. */
  readonly done: (pipeline: OrderPipeline, reason: string, what: string) => Promise<Done>
  /** The letters of a pipeline are other ones now. */
  readonly changed: (pipeline: string) => void
}

export const pipelineKey = (pipeline: OrderPipeline): string => `${namespaceOf(pipeline)}/${pipeline.metadata.name}`

export function letterActions(surroundings: LetterSurroundings): Readonly<Record<string, Perform>> {
  const { actions, runs, may, done, changed } = surroundings
  return {
    plan: async (pipeline, body) => {
      const { stage, reason } = checked(bodies.plan, body)
      return withBox(actions, pipeline, async (box) => planOf(await waiting(box, pipeline, stage, reason)))
    },
    replay: (pipeline, body) => replay(surroundings, pipeline, body),
    discard: async (pipeline, body) => {
      const { stage, reason, newest } = checked(bodies.discard, body)
      await may(pipeline, 'discard')
      return withBox(actions, pipeline, async (box) => {
        const letters = upTo(newest, await waiting(box, pipeline, stage, reason))
        if (letters.length > 0) await box.discard(letters, await actions.person(), new Date())
        changed(pipeline.metadata.name)
        return done(pipeline, 'DeadLettersDiscarded', `discarded ${counted(letters.length)} of ${stage} (${reason})`)
      })
    },
    stop: async (pipeline, body) => {
      const { run } = checked(bodies.stop, body)
      await may(pipeline, 'replay')
      const stopped = runs.stop(pipelineKey(pipeline), run)
      if (!stopped) throw new CommandFailed('There is no such replay any more.')
      return stopped
    },
  }
}

async function replay(
  { actions, runs, may, done, changed }: LetterSurroundings,
  pipeline: OrderPipeline,
  body: unknown,
): Promise<ReplayRunState> {
  const { stage, reason, newest, perSecond } = checked(bodies.replay, body)
  await may(pipeline, 'replay')
  const box = await actions.letterBox(pipeline)
  try {
    const letters = upTo(newest, await waiting(box, pipeline, stage, reason))
    const { goes } = replayPlan(letters, false, new Date())
    const ended = async (run: ReplayRunState): Promise<string | undefined> => {
      changed(pipeline.metadata.name)
      const what = `replayed ${counted(run.done)} of ${stage} (${reason})${run.done < run.total ? ` of ${run.total} meant` : ''}`
      const { notRecorded } = await done(pipeline, 'DeadLettersReplayed', what)
      return notRecorded
    }
    const by = await actions.person()
    return runs.start({ pipeline: pipelineKey(pipeline), letters: goes, stage, reason, perSecond, by, box, ended })
  } catch (error) {
    await box.close()
    throw error
  }
}

const counted = (letters: number): string => `${letters} dead ${letters === 1 ? 'letter' : 'letters'}`

async function withBox<T>(
  actions: Pick<Actions, 'letterBox'>,
  pipeline: OrderPipeline,
  work: (box: DeadLetterTopic) => Promise<T>,
): Promise<T> {
  const box = await actions.letterBox(pipeline)
  try {
    return await work(box)
  } finally {
    await box.close()
  }
}

const waiting = (box: DeadLetterTopic, { metadata }: OrderPipeline, stage: string, reason: string) =>
  lettersMeant(box, metadata.name, stage, { reason }, ['open', 'parked'], new Date())

const upTo = (newest: string, letters: readonly DeadLetter[]): readonly DeadLetter[] =>
  letters.filter(({ at }) => Date.parse(at) <= Date.parse(newest))

function planOf(letters: readonly DeadLetter[]): LetterPlan {
  const { goes, stays } = replayPlan(letters, false, new Date())
  const left = new Map<string, number>()
  for (const { why } of stays) left.set(why, (left.get(why) ?? 0) + 1)
  return {
    replayed: goes.length,
    discarded: letters.length,
    left: [...left].map(([why, count]) => ({ why, letters: count })).slice(0, 20),
    newest: letters.reduce((latest, { at }) => (at > latest ? at : latest), new Date(0).toISOString()),
  }
}
