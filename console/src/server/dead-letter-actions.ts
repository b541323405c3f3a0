// What can be done with the dead letters of one stage and cause? They are counted, replayed and
// discarded with the code of `orderpipeline dlq`.
import { CommandError, selectedDeadLetters, refusal, refuseUnreadable, replayPlan } from '@orderpipeline/client'
import type { DeadLetter, DeadLetterTopic } from '@orderpipeline/client'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { namespaceOf } from '@orderpipeline/operator/pipeline'
import type { ActionResult, ReplayPreview, ReplayRunState, RightName } from '../model/actions.ts'
import type { Actions, Perform } from './actions-port.ts'
import { bodies, checked } from './request-bodies.ts'
import type { ReplayRuns } from './replay-runs.ts'

export interface DeadLetterActionsContext {
  readonly actions: Pick<Actions, 'letterBox' | 'person'>
  readonly runs: ReplayRuns
  /** @throws ForbiddenError */
  readonly may: (pipeline: OrderPipeline, right: RightName) => Promise<void>
  /** Has it recorded. */
  readonly done: (pipeline: OrderPipeline, reason: string, what: string) => Promise<ActionResult>
  /** The dead letters of a pipeline have changed. */
  readonly changed: (pipeline: string) => void
}

export function pipelineKey(pipeline: OrderPipeline): string {
  return `${namespaceOf(pipeline)}/${pipeline.metadata.name}`
}

export function deadLetterActions(surroundings: DeadLetterActionsContext): Readonly<Record<string, Perform>> {
  const { actions, runs, may, done: recordAction, changed: onChange } = surroundings
  return {
    plan: async (pipeline, body) => {
      const { stage, reason } = checked(bodies.plan, body)
      await may(pipeline, 'letters')
      return withBox(actions, pipeline, async (box) => planOf(await waiting(box, pipeline, stage, reason)))
    },
    replay: (pipeline, body) => replay(surroundings, pipeline, body),
    'replay-edited': (pipeline, body) => replayEdited(surroundings, pipeline, body),
    discard: async (pipeline, body) => {
      const { stage, reason, newest } = checked(bodies.discard, body)
      await may(pipeline, 'discard')
      return withBox(actions, pipeline, async (box) => {
        const deadLetters = upTo(newest, await waiting(box, pipeline, stage, reason))
        if (deadLetters.length > 0) await box.discard(deadLetters, await actions.person(), new Date())
        onChange(pipelineKey(pipeline))
        return recordAction(
          pipeline,
          'DeadLettersDiscarded',
          `discarded ${countText(deadLetters.length)} of ${stage} (${reason})`,
        )
      })
    },
    stop: async (pipeline, body) => {
      const { run } = checked(bodies.stop, body)
      await may(pipeline, 'replay')
      const stopped = runs.stop(pipelineKey(pipeline), run)
      if (!stopped) throw new CommandError('There is no such replay any more.')
      return stopped
    },
  }
}

async function replay(
  { actions, runs, may, done: recordAction, changed: onChange }: DeadLetterActionsContext,
  pipeline: OrderPipeline,
  body: unknown,
): Promise<ReplayRunState> {
  const { stage, reason, newest, perSecond } = checked(bodies.replay, body)
  await may(pipeline, 'replay')
  const box = await actions.letterBox(pipeline)
  try {
    const deadLetters = upTo(newest, await waiting(box, pipeline, stage, reason))
    const { replayable } = replayPlan(deadLetters, false, new Date())
    const onEnd = async (run: ReplayRunState): Promise<string | undefined> => {
      onChange(pipelineKey(pipeline))
      const what = `replayed ${countText(run.done)} of ${stage} (${reason})${run.done < run.total ? ` of ${run.total} meant` : ''}`
      const { notRecorded } = await recordAction(pipeline, 'DeadLettersReplayed', what)
      return notRecorded
    }
    const by = await actions.person()
    return runs.start({
      pipeline: pipelineKey(pipeline),
      letters: replayable,
      stage,
      reason,
      perSecond,
      by,
      box,
      ended: onEnd,
    })
  } catch (error) {
    await box.close()
    throw error
  }
}

/** One dead letter, with another message in the place of its own. */
async function replayEdited(
  { actions, may, done: recordAction, changed: onChange }: DeadLetterActionsContext,
  pipeline: OrderPipeline,
  body: unknown,
): Promise<ActionResult> {
  const { letter: id, value } = checked(bodies.edited, body)
  await may(pipeline, 'replay')
  // Who edits a message has seen it.
  await may(pipeline, 'payloads')
  return withBox(actions, pipeline, async (box) => {
    const [deadLetter] = await selectedDeadLetters(box, pipeline.metadata.name, id, {}, [], new Date())
    if (!deadLetter) throw new CommandError(`There is no letter ${id}.`)
    const why = refusal(deadLetter, false, new Date(), true)
    if (why !== undefined) throw new CommandError(`${id} stays: ${why}.`)
    refuseUnreadable(deadLetter, value)
    const by = await actions.person()
    await box.replay([{ letter: deadLetter, value, by, at: new Date(), forced: false }])
    onChange(pipelineKey(pipeline))
    return recordAction(pipeline, 'DeadLetterEdited', `replayed ${id} with an edited message`)
  })
}

function countText(count: number): string {
  return `${count} dead ${count === 1 ? 'letter' : 'letters'}`
}

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

function waiting(box: DeadLetterTopic, { metadata }: OrderPipeline, stage: string, reason: string) {
  return selectedDeadLetters(box, metadata.name, stage, { reason }, ['open', 'parked'], new Date())
}

function upTo(newest: string, deadLetters: readonly DeadLetter[]): readonly DeadLetter[] {
  return deadLetters.filter(({ at }) => Date.parse(at) <= Date.parse(newest))
}

function planOf(deadLetters: readonly DeadLetter[]): ReplayPreview {
  const { replayable, refused } = replayPlan(deadLetters, false, new Date())
  const countByReason = new Map<string, number>()
  for (const { why } of refused) countByReason.set(why, (countByReason.get(why) ?? 0) + 1)
  return {
    replayed: replayable.length,
    discarded: deadLetters.length,
    left: [...countByReason].map(([why, count]) => ({ why, letters: count })).slice(0, 20),
    newest: deadLetters.reduce((latest, { at }) => (at > latest ? at : latest), new Date(0).toISOString()),
  }
}
