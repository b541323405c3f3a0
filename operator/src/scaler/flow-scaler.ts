// What makes the operator a scaler? It reads the offsets of the pipelines that have a stage scaled
// on flow, and answers KEDA. Every replica does, leader or not. Without such a pipeline nothing is
// read.
import type { OrderPipeline } from '../api/index.ts'
import { lagPoller } from '../kafka/lag-poller.ts'
import type { LagPollerEnvironment } from '../kafka/lag-poller.ts'
import type { Observed } from '../reconcile/observe.ts'
import { keyOf } from '../pipeline/index.ts'
import { flowLog } from './flow-log.ts'
import type { StageDecision } from './flow-log.ts'
import { flowServer } from './flow-server.ts'

export interface FlowScalerParts extends Pick<LagPollerEnvironment, 'readerFor' | 'now' | 'random' | 'failed'> {
  /** The time of day, milliseconds. */
  readonly wall: () => number
  /** Absent: nothing is served. */
  readonly port: number | undefined
  readonly intervalMs: number
  readonly serviceDomain: string
  readonly observe: (key: string) => Observed
}

export interface FlowScaler {
  /** Undefined where nothing is served. */
  readonly port: number | undefined
  /** A pipeline was created or changed. */
  know(pipeline: OrderPipeline): void
  forget(pipeline: OrderPipeline): void
  /** The current decisions. */
  readonly decisions: () => readonly StageDecision[]
  /** Ends when the signal aborts and the open requests are answered. */
  run(signal: AbortSignal): Promise<void>
}

export async function flowScaler(parts: FlowScalerParts): Promise<FlowScaler> {
  const { observe, intervalMs, serviceDomain } = parts
  /**
   * Pipelines with a stage scaled on flow: looked up every other second, and mostly there are few.
   */
  const keys = new Set<string>()
  const log = flowLog(parts)
  const poller = lagPoller(
    {
      ...parts,
      pipelines: () => [...keys].flatMap((key) => observe(key).pipeline ?? []),
      updated: () => undefined,
      seen: (pipeline, read) => log.note(pipeline, observe(keyOf(pipeline)).children, read),
    },
    { intervalMs, serviceDomain },
  )
  const forget = (pipeline: OrderPipeline): void => {
    keys.delete(keyOf(pipeline))
    log.forget(keyOf(pipeline))
  }
  const server =
    parts.port === undefined
      ? undefined
      : await flowServer(parts.port, {
          answer: (namespace, name, stage) => {
            const { pipeline, children } = observe(`${namespace}/${name}`)
            return pipeline && log.answer(pipeline, children, stage)
          },
          history: (namespace, name, stage) => {
            const { pipeline, children } = observe(`${namespace}/${name}`)
            return pipeline && log.history(pipeline, children, stage)
          },
        })
  return {
    port: server?.port,
    know: (pipeline) => {
      if (server && pipeline.spec.stages.some(({ scaling }) => scaling.policy === 'Flow')) keys.add(keyOf(pipeline))
      else forget(pipeline)
    },
    forget,
    decisions: log.decisions,
    run: async (signal) => {
      if (!server) return
      await poller.run(signal)
      await server.close()
    },
  }
}
