// What happens to one pipeline, from its creation to its deletion? Level-based: it observes,
// decides, acts, reports, and never waits.
import type { ChildObject, OrderPipeline } from '../api/index.ts'
import type { TopicKeeper } from '../kafka/topic-keeper.ts'
import type { Kube } from '../kube/port.ts'
import {
  blockedByAbsence,
  blockedByKafka,
  blockedByTopics,
  desired,
  identity,
  isExternal,
  isOrphaning,
  plan,
  strayScaledObjects,
  servicesStatus,
  shrinkProblems,
  suspensionOf,
  validate,
} from '../pipeline/index.ts'
import type { DesiredSettings, PodReport, SecretDigests, MeasuredStage } from '../pipeline/index.ts'
import type { ContestedFields } from './contested-fields.ts'
import { hasFinalizer, allChildrenDeleted, releaseTopics, removeFinalizer, withFinalizer } from './finalizer.ts'
import { atLatest, nextCheck } from './next-check.ts'
import type { Next } from './next-check.ts'
import { observe } from './observe.ts'
import type { Informers } from './observe.ts'
import { perform } from './perform.ts'
import type { ActionOutcome } from './perform.ts'
import type { PodReports } from './pod-reports.ts'
import type { SecretDigestReader } from './secret-digests.ts'
import type { SloLog } from './slo-log.ts'
import { startsOf } from './start.ts'
import type { StatusWriter } from './status-writer.ts'
import type { ForeignObjects } from './foreign-objects.ts'
import type { ThroughputLog } from './throughput-log.ts'
import type { UpdateLimiter } from './updates.ts'

export interface Reconciler {
  readonly kube: Kube
  readonly informers: Informers
  readonly settings: () => DesiredSettings
  readonly status: Pick<StatusWriter, 'write' | 'forget'>
  readonly foreignOwners: ForeignObjects
  readonly lagOf: (key: string) => ReadonlyMap<string, MeasuredStage>
  readonly throughput: Pick<ThroughputLog, 'note' | 'forget'>
  readonly slo: Pick<SloLog, 'budgetsOf'>
  readonly pods: PodReports
  readonly secrets: SecretDigestReader
  /** The time of day, milliseconds. */
  readonly now: () => number
  readonly contests: ContestedFields
  readonly updates: Pick<UpdateLimiter, 'nextImage'>
  readonly topics: Pick<TopicKeeper, 'requestCheck' | 'released' | 'topicsOf'>
}

/** How often a pipeline is reconciled while it drains, milliseconds. */
const lookEveryMs = 5000

/** They are deleted: KEDA would go on scaling a Deployment that belongs to another. */
function strayScalers(pipeline: OrderPipeline, children: readonly ChildObject[], outcomes: readonly ActionOutcome[]) {
  const refusals = outcomes.filter(({ failure }) => failure?.reason === 'NotOwned')
  const foreign = new Set(refusals.map(({ action }) => identity(action.object)))
  return strayScaledObjects(pipeline, children, foreign).map((object) => ({ kind: 'delete', object }) as const)
}

export async function reconcile(on: Reconciler, key: string): Promise<Next> {
  const { pipeline: cached, children } = observe(on.informers, key)
  if (!cached) return { kind: 'gone' }
  if (cached.metadata.deletionTimestamp !== undefined && !hasFinalizer(cached)) return { kind: 'gone' }
  if (isOrphaning(cached, children)) {
    await removeFinalizer(on.kube, cached)
    return { kind: 'gone' }
  }
  const pipeline = await withFinalizer(on.kube, cached, children)
  if (!pipeline) return { kind: 'gone' } // deleted in the meantime
  if (pipeline !== cached) on.informers.recordWrite(pipeline) // may hold an edit that no watch has shown yet
  const deleting = pipeline.metadata.deletionTimestamp !== undefined
  const settings = on.settings()
  const problems = deleting ? [] : [...validate(pipeline.spec, settings), ...shrinkProblems(pipeline, children)]
  const lag = on.lagOf(key)
  const kafkaAnswers = [...lag.values()].some((figures) => figures.lag !== undefined)
  const pods = deleting ? new Map<string, PodReport>() : await on.pods.reportsOf(pipeline, children, kafkaAnswers)
  const digests: SecretDigests = deleting ? new Map() : await on.secrets.digestsOf(pipeline)
  const desiredObjects = deleting ? [] : desired(pipeline, children, settings, lag, pods, digests, on.now())
  // Read once: the status must say why this reconcile did what it did, not what is known since.
  // That brings a reconcile of its own.
  const topics = on.topics.topicsOf(pipeline)
  const blocked = new Map([
    ...blockedByTopics(pipeline, children, topics),
    ...blockedByKafka(pipeline, topics),
    ...blockedByAbsence(on.informers.absent()),
  ])
  const plannedActions =
    problems.length > 0 ? [] : plan(desiredObjects, children, pipeline, blocked, on.foreignOwners.of(key))
  const actions = on.contests.admit(key, plannedActions)
  const starts = deleting || problems.length > 0 ? [] : startsOf(pipeline, children, desiredObjects, blocked)
  const outcomes = await perform(on.kube, on.informers, [...actions, ...starts], pipeline)
  on.foreignOwners.note(key, outcomes)
  on.contests.note(key, outcomes)
  outcomes.push(...(await perform(on.kube, on.informers, strayScalers(pipeline, children, outcomes), pipeline)))
  if (isExternal(pipeline)) on.topics.requestCheck()
  if (deleting && outcomes.length === 0 && allChildrenDeleted(pipeline, children) && on.topics.released(pipeline)) {
    await releaseTopics(on.kube, pipeline)
    await removeFinalizer(on.kube, pipeline)
    return { kind: 'gone' }
  }
  const after = outcomes.length === 0 ? children : observe(on.informers, key).children
  // Recorded before it is acted on, so that a crash in between moves no pipeline there and back.
  const moveTo = deleting || problems.length > 0 ? undefined : on.updates.nextImage(pipeline, after)
  const services = servicesStatus(pipeline, after, settings.servicesImage, moveTo)
  const throughput = on.throughput.note(pipeline, after, lag)
  const statusWaitMs = await on.status.write({
    ...{ pipeline, problems, outcomes, blocked, lag, throughput, pods, topics, services },
    ...{ budgets: on.slo.budgetsOf(pipeline), contested: on.contests.of(key), children: after },
  })
  const isRecorded = (image: string) => observe(on.informers, key).pipeline?.status?.services?.image === image
  const waits = [
    ...(moveTo !== undefined && isRecorded(moveTo) ? [0] : []),
    ...(suspensionOf(pipeline, after, lag) === 'draining' ? [lookEveryMs] : []),
    ...[pods.size > 0 ? on.pods.waitMs(key) : undefined, on.contests.waitMs(key)].filter((ms) => ms !== undefined),
  ]
  const next = nextCheck(problems, outcomes, statusWaitMs)
  return waits.length === 0 ? next : atLatest(next, Math.min(...waits))
}
