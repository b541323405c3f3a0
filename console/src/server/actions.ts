// How does the console perform an action? Each one checks the person's right, uses the code of the
// command line, and records an event with the person's name.
import { consequences } from '@orderpipeline/client'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import type { ActionResult, ReplayRunState, RightName } from '../model/actions.ts'
import { providerModes } from '../model/try-it.ts'
import type { ProviderBehaviour, ProviderMode } from '../model/try-it.ts'
import type { Actions, Perform } from './actions-port.ts'
import { bodies, checked } from './request-bodies.ts'
import { deadLetterActions, pipelineKey } from './dead-letter-actions.ts'
import { ReplayRuns } from './replay-runs.ts'
import type { TryIt } from './try-it.ts'

/** The person may not. */
export class ForbiddenError extends Error {
  override readonly name = 'ForbiddenError'
  readonly reason = 'Forbidden'
  readonly retry = false
}

export interface Performer {
  runs(pipeline: OrderPipeline): readonly ReplayRunState[]
  /** How the simulated provider behaves, for a person. */
  trying(pipeline: OrderPipeline): Promise<{ readonly mode: ProviderMode | 'other' | 'none' }>
  /** undefined where there is no such action. @throws ForbiddenError, AskedWrongly, CommandError */
  perform(action: string, pipeline: OrderPipeline, body: unknown): Promise<object> | undefined
  /** Stops what goes on. */
  close(): Promise<void>
}

/**
 * For one person. `onChange`: the dead letters of a pipeline have changed; `runs`: those of all
 * persons.
 */
export function performer(
  actions: Actions,
  onChange: (pipeline: string) => void,
  runs: ReplayRuns = new ReplayRuns(),
): Performer {
  const may = async (pipeline: OrderPipeline, right: RightName): Promise<void> => {
    const refusal = await actions.refusal(pipeline, right)
    if (refusal !== undefined) throw new ForbiddenError(refusal)
  }
  const recordAction = async (pipeline: OrderPipeline, reason: string, what: string): Promise<ActionResult> => {
    const notRecorded = await actions.record(pipeline, { reason, note: `${await actions.person()} ${what}` })
    return { message: `${sentence(what)}.`, ...(notRecorded === undefined ? {} : { notRecorded }) }
  }

  const table: Readonly<Record<string, Perform>> = {
    ...deadLetterActions({ actions, runs, may, done: recordAction, changed: onChange }),
    ...(actions.tryIt && tries(actions.tryIt, may, onChange)),
    suspend: async (pipeline, body) => {
      const { suspend, dryRun } = checked(bodies.suspend, body)
      await may(pipeline, 'suspend')
      if (dryRun) return { lines: consequences(pipeline, suspend) }
      await actions.suspend(pipeline, suspend)
      const [reason, verb] = suspend ? ['SuspensionAsked', 'suspended'] : ['ResumptionAsked', 'resumed']
      return recordAction(pipeline, reason, `${verb} ${pipeline.metadata.name}`)
    },
    cancel: async (pipeline, body) => {
      const { order, staff } = checked(bodies.cancel, body)
      // Another request of the gateway, which needs another right.
      await may(pipeline, staff ? 'hold' : 'cancel')
      await actions.cancel(pipeline, order.toLowerCase(), staff)
      return recordAction(pipeline, 'OrderCancelled', `cancelled order ${order.toLowerCase()}`)
    },
    hold: async (pipeline, body) => {
      const { order, ...decided } = checked(bodies.hold, body)
      await may(pipeline, 'hold')
      await actions.decideHold(pipeline, order.toLowerCase(), decided)
      const verb = decided.decision === 'release' ? 'released' : 'rejected'
      return recordAction(pipeline, 'HoldDecided', `${verb} held order ${order.toLowerCase()}`)
    },
  }

  return {
    runs: (pipeline) => runs.of(pipelineKey(pipeline)),
    trying: async (pipeline) => ({ mode: modeOf(await actions.tryIt?.provider(pipeline)) }),
    perform: (action, pipeline, body) => (Object.hasOwn(table, action) ? table[action]?.(pipeline, body) : undefined),
    close: () => runs.close(),
  }
}

function tries(
  tryIt: TryIt,
  may: (pipeline: OrderPipeline, right: RightName) => Promise<void>,
  changed: (pipeline: string) => void,
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
    'try-poison': async (pipeline, body) => {
      const { stage } = checked(bodies.poison, body)
      await may(pipeline, 'try')
      const poison = await tryIt.sendPoison(pipeline, stage)
      changed(pipelineKey(pipeline))
      return poison
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

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
