// What happens to one pipeline, from first sight to gone? Level-based: it looks, decides, acts, reports, and never waits.
import type { TopicKeeper } from '../kafka/topic-keeper.ts'
import type { Kube } from '../kube/port.ts'
import {
  desired,
  desiredOfDeleted,
  type DesiredSettings,
  isExternal,
  plan,
  type StageFigures,
  validate,
} from '../pipeline/index.ts'
import { addFinalizer, hasFinalizer, isGone, removeFinalizer } from './finalizer.ts'
import { nextCheck, type Next } from './next-check.ts'
import { observe, type World } from './observe.ts'
import { perform } from './perform.ts'
import { unstarted } from './start.ts'
import type { StatusWriter } from './status-writer.ts'
import type { ThroughputLog } from './throughput-log.ts'

export interface Reconciler {
  readonly kube: Kube
  readonly world: World
  readonly settings: DesiredSettings
  readonly status: StatusWriter
  readonly lagOf: (key: string) => ReadonlyMap<string, StageFigures>
  readonly throughput: ThroughputLog
  readonly topics: Pick<TopicKeeper, 'look' | 'released' | 'topicsOf'>
}

export const reconcile = async (on: Reconciler, key: string): Promise<Next> => {
  const { pipeline, children } = observe(on.world, key)
  if (!pipeline) return { kind: 'gone' }
  const deleting = pipeline.metadata.deletionTimestamp !== undefined
  if (deleting && !hasFinalizer(pipeline)) return { kind: 'gone' }
  if (!deleting && !hasFinalizer(pipeline)) {
    const held = await addFinalizer(on.kube, pipeline)
    if (!held) return { kind: 'gone' } // deleted in the meantime
    on.world.noteWritten(held)
  }
  const problems = deleting ? [] : validate(pipeline.spec, on.settings)
  const lag = on.lagOf(key)
  const wanted = deleting ? desiredOfDeleted(pipeline, children) : desired(pipeline, children, on.settings, lag)
  const actions = problems.length > 0 ? [] : plan(wanted, children, pipeline)
  const starts = deleting || problems.length > 0 ? [] : unstarted(pipeline, children)
  const outcomes = await perform(on.kube, on.world, [...actions, ...starts], pipeline)
  if (isExternal(pipeline)) on.topics.look()
  if (deleting && outcomes.length === 0 && isGone(pipeline, children) && on.topics.released(pipeline)) {
    await removeFinalizer(on.kube, pipeline)
    return { kind: 'gone' }
  }
  const after = observe(on.world, key).children
  const throughput = on.throughput.note(pipeline, after, lag)
  const topics = on.topics.topicsOf(pipeline)
  const seen = { pipeline, problems, outcomes, lag, throughput, topics, children: after }
  const statusWaitMs = await on.status.write(seen)
  return nextCheck(problems, outcomes, statusWaitMs)
}
