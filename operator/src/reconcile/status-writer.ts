// When does the status reach the API server? When something has changed that a reader would act on;
// figures are written less often.
import {
  type ChildObject,
  orderPipelines,
  type OrderPipeline,
  type OrderPipelineStatus,
  type Problem,
  type ServicesStatus,
} from '../api/index.ts'
import { isNotFound } from '../kube/errors.ts'
import type { Kube } from '../kube/port.ts'
import {
  type Blocked,
  type ExternalTopics,
  keyOf,
  type PodReport,
  type StageFigures,
  statusChange,
  type StatusLimits,
  statusOf,
  type Throughput,
} from '../pipeline/index.ts'
import type { Clock } from '../runtime/clock.ts'
import type { EventRecorder } from './event-recorder.ts'
import type { Outcome } from './perform.ts'

export interface StatusInput {
  readonly pipeline: OrderPipeline
  readonly children: readonly ChildObject[]
  readonly problems: readonly Problem[]
  readonly outcomes: readonly Outcome[]
  readonly blocked: Blocked
  readonly lag: ReadonlyMap<string, StageFigures>
  readonly throughput: ReadonlyMap<string, Throughput>
  readonly pods: ReadonlyMap<string, PodReport>
  readonly topics: ExternalTopics | undefined
  readonly services: ServicesStatus | undefined
  readonly contested: readonly string[]
}

export interface StatusWriter {
  /** Returns the milliseconds until a delayed write is due. */
  write(input: StatusInput): Promise<number | undefined>
  forget(key: string): void
}

/**
 * `declared` leaves out what the served schema lacks: it would be refused, or dropped and so
 * written again with every reconcile. `noted` gets the answer of the API server, so that the next
 * reconcile compares with it and not with the last state from the watch.
 */
export const statusWriter = (
  kube: Kube,
  announcer: EventRecorder,
  declared: (status: OrderPipelineStatus) => OrderPipelineStatus,
  noted: (pipeline: OrderPipeline) => void,
  { now, wall }: Pick<Clock, 'now' | 'wall'>,
  limits: StatusLimits,
): StatusWriter => {
  const writtenAt = new Map<string, number>()
  return {
    write: async ({ outcomes, ...input }) => {
      const { pipeline } = input
      const key = keyOf(pipeline)
      const failures = outcomes.flatMap(({ failure }) => failure ?? [])
      const heldObjects = outcomes.flatMap(({ action: { object }, heldBy: cause }) =>
        cause ? { object: `${object.kind} ${object.metadata.name}`, cause } : [],
      )
      const status = declared(statusOf({ ...input, failures, held: heldObjects }, new Date(wall()).toISOString()))
      const change = statusChange(pipeline.status, status, now() - (writtenAt.get(key) ?? -Infinity), limits)
      if (change.write === 'never') return undefined
      if (change.write === 'later') return change.waitMs
      const { apiVersion, kind } = pipeline
      const { name, namespace, uid } = pipeline.metadata
      const metadata = { name, ...(namespace ? { namespace } : {}), ...(uid ? { uid } : {}) }
      await announcer.announce(pipeline, status)
      try {
        noted((await kube.applyStatus(orderPipelines, { apiVersion, kind, metadata, status })) as OrderPipeline)
        writtenAt.set(key, now())
      } catch (error) {
        if (!isNotFound(error)) throw error // deleted in the meantime
      }
      return undefined
    },
    forget: (key) => writtenAt.delete(key),
  }
}
