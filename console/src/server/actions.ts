// What does the console do when it is asked to? Each action checks that the person may, does it with
// what the command line does it with, and has it recorded under the person's name.
import {
  CommandFailed,
  consequences,
  lettersMeant,
  replayPlan,
  type DeadLetter,
  type DeadLetterTopic,
} from '@orderpipeline/client'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import type { Done, LetterPlan, ReplayRunState, RightName, Rights } from '../model/actions.ts'
import { rightNames } from '../model/actions.ts'
import { keyOf } from '../model/state.ts'
import { providerModes, type ProviderBehaviour, type ProviderMode } from '../model/try-it.ts'
import { bodies, checked } from './asked.ts'
import { ReplayRuns } from './replay-runs.ts'
import type { TryIt } from './try-it.ts'

/** What may be changed, with the rights of the person that the console runs for. */
export interface Actions {
  /** Under which name. */
  person(): Promise<string>
  /** Why not; undefined where it may be done. */
  refusal(pipeline: OrderPipeline, right: RightName): Promise<string | undefined>
  suspend(pipeline: OrderPipeline, suspend: boolean): Promise<void>
  /** @throws CommandFailed where there is no such order, or it is too late */
  cancel(pipeline: OrderPipeline, order: string): Promise<void>
  letterBox(pipeline: OrderPipeline): Promise<DeadLetterTopic>
  /** As an Event; why not where that cannot be. */
  record(pipeline: OrderPipeline, event: Recorded): Promise<string | undefined>
  /** Absent where the pipeline does not run on this machine. */
  readonly tryIt?: TryIt
}

export interface Recorded {
  /** PascalCase, such as DeadLettersDiscarded. */
  readonly reason: string
  readonly note: string
}

/** The person may not. */
export class Forbidden extends Error {
  override readonly name = 'Forbidden'
  readonly reason = 'Forbidden'
  readonly retry = false
}

type Perform = (pipeline: OrderPipeline, body: unknown) => Promise<object>

export interface Performer {
  rights(pipeline: OrderPipeline): Promise<Rights>
  runs(pipeline: OrderPipeline): readonly ReplayRunState[]
  /** How the simulated provider behaves, for a person. */
  trying(pipeline: OrderPipeline): Promise<{ readonly mode: ProviderMode | 'other' | 'none' }>
  /** undefined where there is no such action. @throws Forbidden, AskedWrongly, CommandFailed */
  perform(action: string, pipeline: OrderPipeline, body: unknown): Promise<object> | undefined
  /** Stops what goes on. */
  close(): Promise<void>
}

/** `changed`: the dead letters of a pipeline are other ones now. */
export function performer(actions: Actions, changed: (pipeline: string) => void): Performer {
  const runs = new ReplayRuns()
  const may = async (pipeline: OrderPipeline, right: RightName): Promise<void> => {
    const refusal = await actions.refusal(pipeline, right)
    if (refusal !== undefined) throw new Forbidden(refusal)
  }
  const done = async (pipeline: OrderPipeline, reason: string, what: string): Promise<Done> => {
    const notRecorded = await actions.record(pipeline, { reason, note: `${await actions.person()} ${what}` })
    return { message: `${sentence(what)}.`, ...(notRecorded === undefined ? {} : { notRecorded }) }
  }

  const table: Readonly<Record<string, Perform>> = {
    ...(actions.tryIt && tries(actions.tryIt, may)),
    suspend: async (pipeline, body) => {
      const { suspend, dryRun } = checked(bodies.suspend, body)
      await may(pipeline, 'suspend')
      if (dryRun) return { lines: consequences(pipeline, suspend) }
      await actions.suspend(pipeline, suspend)
      const [reason, verb] = suspend ? ['SuspensionAsked', 'suspended'] : ['ResumptionAsked', 'resumed']
      return done(pipeline, reason, `${verb} ${pipeline.metadata.name}`)
    },
    cancel: async (pipeline, body) => {
      const { order } = checked(bodies.cancel, body)
      await may(pipeline, 'cancel')
      await actions.cancel(pipeline, order.toLowerCase())
      return done(pipeline, 'OrderCancelled', `cancelled order ${order.toLowerCase()}`)
    },
    plan: async (pipeline, body) => {
      const { stage, reason } = checked(bodies.plan, body)
      return withBox(actions, pipeline, async (box) => planOf(await waiting(box, pipeline, stage, reason)))
    },
    replay: async (pipeline, body) => {
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
        return runs.start({ pipeline: keyOf(of(pipeline)), letters: goes, stage, reason, perSecond, by, box, ended })
      } catch (error) {
        await box.close()
        throw error
      }
    },
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
      const stopped = runs.stop(keyOf(of(pipeline)), run)
      if (!stopped) throw new CommandFailed('There is no such replay any more.')
      return stopped
    },
  }

  return {
    rights: async (pipeline) => {
      const [by, ...refusals] = await Promise.all([
        actions.person(),
        ...rightNames.map(async (right) => [right, await actions.refusal(pipeline, right)] as const),
      ])
      return { by, refused: Object.fromEntries(refusals.filter(([, why]) => why !== undefined)) }
    },
    runs: (pipeline) => runs.of(keyOf(of(pipeline))),
    trying: async (pipeline) => ({ mode: modeOf(await actions.tryIt?.provider(pipeline)) }),
    perform: (action, pipeline, body) => (Object.hasOwn(table, action) ? table[action]?.(pipeline, body) : undefined),
    close: () => runs.close(),
  }
}

function tries(
  tryIt: TryIt,
  may: (pipeline: OrderPipeline, right: RightName) => Promise<void>,
): Readonly<Record<string, Perform>> {
  return {
    'try-orders': async (pipeline, body) => {
      const { count } = checked(bodies.orders, body)
      await may(pipeline, 'try')
      return tryIt.place(pipeline, count)
    },
    'try-provider': async (pipeline, body) => {
      const { mode } = checked(bodies.provider, body)
      await may(pipeline, 'try')
      await tryIt.setProvider(pipeline, providerModes[mode])
      return { mode }
    },
    'try-kill': async (pipeline, body) => {
      const { part } = checked(bodies.kill, body)
      await may(pipeline, 'try')
      return { message: `${await tryIt.kill(pipeline, part)} was killed.` }
    },
  }
}

function modeOf(behaviour: ProviderBehaviour | undefined): ProviderMode | 'other' | 'none' {
  if (behaviour === undefined) return 'none'
  const { latencyMs, errorRate } = behaviour
  const modes = Object.keys(providerModes) as ProviderMode[]
  const mode = modes.find(
    (one) => providerModes[one].latencyMs === latencyMs && providerModes[one].errorRate === errorRate,
  )
  return mode ?? 'other'
}

const of = ({ metadata: { name, namespace = 'default' } }: OrderPipeline) => ({ name, namespace })

const counted = (letters: number): string => `${letters} dead ${letters === 1 ? 'letter' : 'letters'}`
const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

async function withBox<T>(
  actions: Actions,
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
