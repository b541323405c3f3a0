// When does the status reach the API server? When something has changed that a reader would act on;
// figures are written less often.
import { orderPipelines } from '../api/index.ts'
import type { ChildObject, OrderPipeline, OrderPipelineStatus, Problem, ServicesStatus } from '../api/index.ts'
import { isNotFound } from '../kube/errors.ts'
import type { Kube } from '../kube/port.ts'
import { keyOf, statusChange, statusOf } from '../pipeline/index.ts'
import type {
  Blocked,
  ErrorBudget,
  ExternalTopics,
  PodReport,
  MeasuredStage,
  StatusChange,
  StatusLimits,
  Throughput,
} from '../pipeline/index.ts'
import type { Clock } from '../runtime/clock.ts'
import type { EventRecorder } from './event-recorder.ts'
import type { ActionOutcome } from './perform.ts'

export interface StatusInput {
  readonly pipeline: OrderPipeline
  readonly children: readonly ChildObject[]
  readonly problems: readonly Problem[]
  readonly outcomes: readonly ActionOutcome[]
  readonly blocked: Blocked
  readonly lag: ReadonlyMap<string, MeasuredStage>
  readonly throughput: ReadonlyMap<string, Throughput>
  readonly budgets?: ReadonlyMap<string, ErrorBudget>
  readonly pods: ReadonlyMap<string, PodReport>
  readonly topics: ExternalTopics | undefined
  readonly services: ServicesStatus | undefined
  readonly contested: readonly string[]
}

export interface StatusWriter {
  /** Returns the milliseconds until a delayed write is due. */
  write(input: StatusInput): Promise<number | undefined>
  /** What `write` would do with this status. */
  due(pipeline: OrderPipeline, status: OrderPipelineStatus): StatusChange
  /** The same as `write`, of a status that is computed already. */
  put(pipeline: OrderPipeline, status: OrderPipelineStatus): Promise<number | undefined>
  forget(key: string): void
}

/**
 * `declared` leaves out what the served schema lacks: it would be refused, or dropped and so
 * written again with every reconcile. `noted` gets the answer of the API server, so that the next
 * reconcile compares with it and not with the last state from the watch.
 */
export function statusWriter(
  kube: Kube,
  announcer: EventRecorder,
  declared: (status: OrderPipelineStatus) => OrderPipelineStatus,
  noted: (pipeline: OrderPipeline) => void,
  { now, wall }: Pick<Clock, 'now' | 'wall'>,
  limits: StatusLimits,
): StatusWriter {
  const writtenAt = new Map<string, number>()
  const beginnings = beginningsOf(now, limits.countsMs)

  const due = (pipeline: OrderPipeline, status: OrderPipelineStatus): StatusChange =>
    statusChange(pipeline.status, status, now() - (writtenAt.get(keyOf(pipeline)) ?? -Infinity), limits)

  const put = async (pipeline: OrderPipeline, all: OrderPipelineStatus): Promise<number | undefined> => {
    const status = declared(all)
    const change = due(pipeline, status)
    if (change.write === 'never') return undefined
    if (change.write === 'later') return change.waitMs
    const { apiVersion, kind } = pipeline
    const { name, namespace, uid } = pipeline.metadata
    const metadata = { name, ...(namespace ? { namespace } : {}), ...(uid ? { uid } : {}) }
    await announcer.announce(pipeline, status)
    try {
      noted((await kube.applyStatus(orderPipelines, { apiVersion, kind, metadata, status })) as OrderPipeline)
      writtenAt.set(keyOf(pipeline), now())
    } catch (error) {
      if (!isNotFound(error)) throw error // deleted in the meantime
    }
    return undefined
  }

  return {
    due: (pipeline, status) => due(pipeline, declared(status)),
    put,
    write: async ({ outcomes, ...input }) => {
      const failures = outcomes.flatMap(({ failure }) => failure ?? [])
      const deferredObjects = outcomes.flatMap(({ action: { object }, deferredBy: cause }) =>
        cause ? { object: `${object.kind} ${object.metadata.name}`, cause } : [],
      )
      const status = statusOf({ ...input, failures, deferred: deferredObjects }, new Date(wall()).toISOString())
      const waitMs = beginnings.waitMs(input.pipeline, status)
      return waitMs > 0 ? waitMs : await put(input.pipeline, status)
    },
    forget: (key) => {
      writtenAt.delete(key)
      beginnings.forget(key)
    },
  }
}

/** First statuses, which wait until they say how the topics went. */
function beginningsOf(now: () => number, longestMs: number) {
  /** When a pipeline without a status was first seen to wait for its new topics. */
  const begunAt = new Map<string, number>()
  return {
    /**
     * Milliseconds that a first status waits which would only say that topics are being made: a
     * Topic Operator answers in that time, and one status says how it went. Each write of a
     * pipeline costs the API server as much as those of five of its objects.
     */
    waitMs: (pipeline: OrderPipeline, status: OrderPipelineStatus): number => {
      const key = keyOf(pipeline)
      const configured = status.conditions?.find(({ type }) => type === 'Configured')
      if (pipeline.status?.observedGeneration !== undefined || configured?.reason !== 'TopicsNotReady') {
        begunAt.delete(key)
        return 0
      }
      const since = begunAt.get(key) ?? now()
      begunAt.set(key, since)
      return Math.max(0, since + longestMs - now())
    },
    forget: (key: string): void => void begunAt.delete(key),
  }
}
