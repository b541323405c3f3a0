// What makes the operator a scaler? It reads the offsets of the pipelines that have a stage scaled
// on flow, and answers KEDA. Every replica does, leader or not. Without such a pipeline nothing is
// read. The status of such a pipeline follows from the same reads.
import type { OrderPipeline, ScalingChange } from '../api/index.ts'
import { lagPoller } from '../kafka/lag-poller.ts'
import type { LagPollerEnvironment } from '../kafka/lag-poller.ts'
import type { Observed } from '../reconcile/observe.ts'
import { firstReplicas, keyOf, stagesAtZero } from '../pipeline/index.ts'
import type { FirstReplicas, MeasuredStage, PartitionOffsets } from '../pipeline/index.ts'
import { flowLog } from './flow-log.ts'
import type { FlowLog, StageDecision } from './flow-log.ts'
import { flowServer } from './flow-server.ts'

export interface FlowScalerParts extends Pick<LagPollerEnvironment, 'readerFor' | 'now' | 'random' | 'failed'> {
  /** The time of day, milliseconds. */
  readonly wall: () => number
  /** Absent: nothing is served. */
  readonly port: number | undefined
  readonly intervalMs: number
  /** How often dead letters are counted, by the replica that leads. */
  readonly deadLettersMs: number
  readonly leads: () => boolean
  readonly serviceDomain: string
  readonly observe: (key: string) => Observed
  /** Starts the first replicas of a stage at none; called again while its messages wait. */
  readonly start: (first: FirstReplicas) => void
  /** The offsets of a pipeline were read, by consumer group. */
  readonly read: (key: string, offsets: ReadonlyMap<string, readonly PartitionOffsets[]>) => void
  /** The figures of this pipeline have changed, or the desired replicas of one of its stages. */
  readonly updated: (key: string) => void
}

export interface FlowScaler {
  /** Undefined where nothing is served. */
  readonly port: number | undefined
  /** A pipeline was created or changed. */
  know(pipeline: OrderPipeline): void
  forget(pipeline: OrderPipeline): void
  /**
   * Lag and flow by stage, of a pipeline that it reads; undefined of any other, and before the
   * first read. No other part needs to read the offsets of such a pipeline.
   */
  readonly figuresOf: (key: string) => ReadonlyMap<string, MeasuredStage> | undefined
  /** The current decisions. */
  readonly decisions: () => readonly StageDecision[]
  /** Ends when the signal aborts and the open requests are answered. */
  run(signal: AbortSignal): Promise<void>
}

/**
 * Between two reads while a stage has no replicas: with a start of a second its first message is
 * handled within two.
 */
const atZeroMs = 500

export async function flowScaler(parts: FlowScalerParts): Promise<FlowScaler> {
  const { observe, intervalMs, deadLettersMs, serviceDomain, leads } = parts
  /**
   * Pipelines with a stage scaled on flow: looked up every other second, and mostly there are few.
   */
  const keys = new Set<string>()
  const log = flowLog(parts)
  const observed = (key: string): Observed & { readonly atZero: ReturnType<typeof stagesAtZero> } => {
    const observation = observe(key)
    const { pipeline, children } = observation
    return { ...observation, atZero: pipeline && leads() ? stagesAtZero(pipeline, children) : [] }
  }
  const poller = lagPoller(
    {
      ...parts,
      pipelines: () => [...keys].flatMap((key) => observe(key).pipeline ?? []),
      countsDeadLetters: leads,
      seen: (pipeline, read) => {
        const key = keyOf(pipeline)
        const { children, atZero } = observed(key)
        parts.read(key, read)
        if (log.note(pipeline, children, read)) parts.updated(key)
        firstReplicas(atZero, (stage) => log.decisionOf(key, stage)).forEach((first) => parts.start(first))
      },
    },
    {
      intervalMs: () =>
        [...keys].some((key) => observed(key).atZero.length > 0) ? Math.min(atZeroMs, intervalMs) : intervalMs,
      ...{ deadLettersMs, serviceDomain },
    },
  )
  const figuresOf = (key: string): ReadonlyMap<string, MeasuredStage> | undefined => {
    const figures = poller.figuresOf(key)
    if (figures.size === 0) return undefined
    const changes = log.changesOf(key)
    return new Map([...figures].map(([stage, measured]) => [stage, withChange(measured, changes.get(stage))]))
  }
  const forget = (pipeline: OrderPipeline): void => {
    keys.delete(keyOf(pipeline))
    log.forget(keyOf(pipeline))
  }
  const server = parts.port === undefined ? undefined : await startServer(parts.port, observe, log)
  return {
    port: server?.port,
    know: (pipeline) => {
      if (server && pipeline.spec.stages.some(({ scaling }) => scaling.policy === 'Flow')) keys.add(keyOf(pipeline))
      else forget(pipeline)
    },
    forget,
    figuresOf,
    decisions: log.decisions,
    run: async (signal) => {
      if (!server) return
      await poller.run(signal)
      await server.close()
    },
  }
}

function startServer(port: number, observe: FlowScalerParts['observe'], log: FlowLog): ReturnType<typeof flowServer> {
  return flowServer(port, {
    answer: (namespace, name, stage) => {
      const { pipeline, children } = observe(`${namespace}/${name}`)
      return pipeline && log.answer(pipeline, children, stage)
    },
    history: (namespace, name, stage) => {
      const { pipeline, children } = observe(`${namespace}/${name}`)
      return pipeline && log.history(pipeline, children, stage)
    },
  })
}

function withChange(measured: MeasuredStage, lastScaling: ScalingChange | undefined): MeasuredStage {
  return lastScaling === undefined ? measured : { ...measured, lastScaling }
}
