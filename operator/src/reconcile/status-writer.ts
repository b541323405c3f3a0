// When does the status reach the API server? When something a reader would act on has moved; figures are slowed.
import { orderPipelines, type OrderPipeline, type Problem, type ChildObject } from '../api/index.ts'
import { isNotFound } from '../kube/errors.ts'
import type { Kube } from '../kube/port.ts'
import {
  type ExternalTopics,
  keyOf,
  type StageFigures,
  statusChange,
  type StatusLimits,
  statusOf,
  type Throughput,
} from '../pipeline/index.ts'
import type { Announcer } from './announcer.ts'
import type { Outcome } from './perform.ts'

export interface StatusInput {
  readonly pipeline: OrderPipeline
  readonly children: readonly ChildObject[]
  readonly problems: readonly Problem[]
  readonly outcomes: readonly Outcome[]
  readonly lag: ReadonlyMap<string, StageFigures>
  readonly throughput: ReadonlyMap<string, Throughput>
  readonly topics: ExternalTopics | undefined
}

export interface StatusWriter {
  /** Returns the milliseconds after which a write that was put off is due. */
  write(input: StatusInput): Promise<number | undefined>
  forget(key: string): void
}

/** `noted` is given what the API server answered, so that the next pass compares with it and not with what the watch last said. */
export const statusWriter = (
  kube: Kube,
  announcer: Announcer,
  noted: (pipeline: OrderPipeline) => void,
  now: () => number,
  limits: StatusLimits,
): StatusWriter => {
  const writtenAt = new Map<string, number>()
  return {
    write: async ({ pipeline, children, problems, outcomes, lag, throughput, topics }) => {
      const key = keyOf(pipeline)
      const failures = outcomes.flatMap(({ failure }) => failure ?? [])
      const status = statusOf(
        { pipeline, children, problems, failures, lag, throughput, topics },
        new Date(now()).toISOString(),
      )
      const change = statusChange(pipeline.status, status, now() - (writtenAt.get(key) ?? 0), limits)
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
        if (!isNotFound(error)) throw error // gone in the meantime
      }
      return undefined
    },
    forget: (key) => writtenAt.delete(key),
  }
}
