// How does an installation of the operator start to act on a pipeline, and how does it leave one to
// another? By a record in the pipeline's status, written only over the version that was read: of
// two that write at once, one is refused and reads again.
import { orderPipelines } from '../api/index.ts'
import type { KubeObject, OperatorRecord, OrderPipeline } from '../api/index.ts'
import { isConflict, isNotFound } from '../kube/errors.ts'
import type { Kube } from '../kube/port.ts'
import { actsOn, standbyRequestOf, keyOf, standbyDecision } from '../pipeline/index.ts'
import type { StandbyRequest, StandbyDecision, StandbyTimes } from '../pipeline/index.ts'
import type { Clock } from '../runtime/clock.ts'

/** What is to be done with a pipeline now. */
export type ClaimResult =
  | { readonly kind: 'acts'; readonly waitMs?: number }
  | { readonly kind: 'standsBy'; readonly acting: string; readonly waitMs: number }
  /** Another client has just changed it. */
  | { readonly kind: 'later'; readonly waitMs: number }
  | { readonly kind: 'gone' }

export interface Acting {
  /** Whether this installation acts on it, by the cached record; makes no request. */
  readonly acts: (pipeline: OrderPipeline) => boolean
  /**
   * Called before each reconcile of the pipeline. Records that this installation acts, asks and
   * answers.
   */
  claim(pipeline: OrderPipeline): Promise<ClaimResult>
  forget(key: string): void
}

interface ActingEnvironment extends Pick<Clock, 'now' | 'wall'> {
  /** By a field manager of its own, so that no other write of the status takes the record away. */
  readonly kube: Pick<Kube, 'applyStatus' | 'get'>
  readonly recordWrite: (object: KubeObject) => void
  /**
   * Whether the served definition of OrderPipelines has the record: without it, every installation
   * acts.
   */
  readonly declared: () => boolean
  /** Reported once: another installation acts on it. */
  readonly onStandby: (key: string, to: string) => void
  /** This installation acts in place of another, which does not answer. */
  readonly onTakeover: (key: string, from: string) => void
}

export function acting(on: ActingEnvironment, own: string, times: StandbyTimes): Acting {
  const memory = new Map<string, StandbyRequest>()
  const leftTo = new Map<string, string>()

  const decide = (pipeline: OrderPipeline) => {
    const key = keyOf(pipeline)
    const { operator } = pipeline.status ?? {}
    const remembered = standbyRequestOf(operator, memory.get(key), on.now())
    if (remembered) memory.set(key, remembered)
    else memory.delete(key)
    const clock = { now: on.now(), at: new Date(on.wall()).toISOString() }
    return standbyDecision(operator, own, remembered, clock, times)
  }

  const report = (key: string, before: OperatorRecord | undefined, then: StandbyDecision): void => {
    const to = then.kind === 'standsBy' ? then.acting : undefined
    if (to === leftTo.get(key)) return
    if (to === undefined) {
      leftTo.delete(key)
      if (before && before.name !== own) on.onTakeover(key, before.name)
      return
    }
    leftTo.set(key, to)
    on.onStandby(key, to)
  }

  return {
    acts: ({ status }) => actsOn(status?.operator, own) || !on.declared(),
    claim: async (pipeline) => {
      if (!on.declared()) return { kind: 'acts' }
      const key = keyOf(pipeline)
      const first = decide(pipeline)
      if (first.kind !== 'record') {
        report(key, pipeline.status?.operator, first)
        return first
      }
      const result = await record(on, pipeline, first.operator)
      if ('instead' in result) return result.instead
      const then = decide(result.recorded)
      report(key, pipeline.status?.operator, then)
      // An API server that drops the record, in spite of its schema, must not keep every
      // installation from acting.
      return then.kind === 'record' ? { kind: 'acts' } : then
    },
    forget: (key) => {
      memory.delete(key)
      leftTo.delete(key)
    },
  }
}

/** The pipeline with the record; what to do instead when it was written since, or is deleted. */
async function record(
  { kube, recordWrite }: Pick<ActingEnvironment, 'kube' | 'recordWrite'>,
  pipeline: OrderPipeline,
  operator: OperatorRecord,
): Promise<{ readonly recorded: OrderPipeline } | { readonly instead: ClaimResult }> {
  const { apiVersion, kind } = pipeline
  const { name, namespace, uid, resourceVersion } = pipeline.metadata
  const metadata = {
    name,
    ...(namespace ? { namespace } : {}),
    ...(uid ? { uid } : {}),
    ...(resourceVersion ? { resourceVersion } : {}),
  }
  try {
    const answer = await kube.applyStatus(orderPipelines, { apiVersion, kind, metadata, status: { operator } })
    recordWrite(answer)
    return { recorded: answer as OrderPipeline }
  } catch (error) {
    if (isNotFound(error)) return { instead: { kind: 'gone' } }
    if (!isConflict(error)) throw error
    // What another has written is read, not waited for: a watch may be late.
    const live = await kube.get(orderPipelines, namespace ?? 'default', name)
    if (!live) return { instead: { kind: 'gone' } }
    recordWrite(live)
    return { instead: { kind: 'later', waitMs: 0 } }
  }
}
