// How are the topics of several pipelines in one external Kafka cluster brought to what their specs
// say? One pass describes all of them, records the topics that it is about to create, sends at most
// one request for each kind of change, and records the results. After a crash at any point the next
// pass goes on from the record.
import { everWritten } from '@orderpipeline/kafka-admin'
import type { KafkaConnection, Outcome, TopicAdmin } from '@orderpipeline/kafka-admin'
import type { KafkaRecord, OrderPipeline, RecordedTopic } from '../api/index.ts'
import { keyOf, notOurs, recordAfter, topicChanges, topicNames, unconfirmed } from '../pipeline/index.ts'
import type { ExternalTopics, LiveTopic, TopicChanges, TopicProblem } from '../pipeline/index.ts'
import { refusal } from './topic-refusal.ts'

export interface TopicSyncEnvironment {
  readonly kafka: KafkaConnection
  readonly admin: TopicAdmin
  /** Every pipeline with an external Kafka, to see whose the topics are. */
  readonly all: readonly OrderPipeline[]
  /**
   * Puts it into the pipeline's status; `false` when that failed or the pipeline is deleted, and
   * nothing may be changed for it.
   */
  readonly record: (pipeline: OrderPipeline, record: KafkaRecord) => Promise<boolean>
}

export interface TopicSyncResult extends ExternalTopics {
  /** Something passes by itself, or could not be done yet: check again soon. */
  readonly again: boolean
}

interface Work {
  readonly pipeline: OrderPipeline
  readonly changes: TopicChanges
  readonly problems: TopicProblem[]
  record: readonly RecordedTopic[]
  /** What the status says by now. */
  saved: KafkaRecord | undefined
  again: boolean
}

/** @throws KafkaUnavailableError, CredentialsError; what was done by then is on record. */
export async function syncTopics(
  pipelines: readonly OrderPipeline[],
  on: TopicSyncEnvironment,
): Promise<ReadonlyMap<string, TopicSyncResult>> {
  const { admin } = on
  const clusterId = await admin.clusterId()
  // Two pipelines created at once have no record yet; those of one pass are in one cluster all the
  // same.
  const inThisRound = new Set(pipelines.map(keyOf))
  const others = pipelines.flatMap((pipeline) => {
    const problem = notOurs(pipeline, clusterId, [...pipelines, ...on.all], (other) => inThisRound.has(keyOf(other)))
    return problem ? [[pipeline, problem] as const] : []
  })
  const mine = pipelines.filter((pipeline) => !others.some(([other]) => other === pipeline))
  const descriptions = await admin.describe([...new Set(mine.flatMap(topicNames))])
  const live = new Map<string, LiveTopic | undefined>()
  for (const [name, outcome] of descriptions) if (outcome.ok) live.set(name, outcome.value)
  const unseen = await unseenTopics(mine.flatMap(unconfirmed), live, admin)
  for (const name of unseen) live.delete(name)
  const open = mine.flatMap(unconfirmed).filter((name) => live.get(name) !== undefined)
  const writtenByTopic = await everWritten(on.kafka, open)

  const works = mine.map((pipeline): Work => {
    const changes = topicChanges(pipeline, live, writtenByTopic)
    const { problems, record } = changes
    // While a topic does not answer yet, it is open whether it is ours.
    const again = unconfirmed(pipeline).some(
      (name) => unseen.has(name) || (open.includes(name) && !writtenByTopic.has(name)),
    )
    const work = { pipeline, changes, problems: [...problems], record, saved: pipeline.status?.kafka, again }
    for (const name of topicNames(pipeline)) note(work, name, descriptions.get(name))
    return work
  })
  const possible = await validateCreations(works, admin)
  const recordedWorks = await saveRecords(works, clusterId, on)
  try {
    await change(recordedWorks, possible, live, admin)
  } finally {
    // Records the created topics also when a later request failed.
    await saveRecords(recordedWorks, clusterId, on)
  }
  return new Map<string, TopicSyncResult>([
    ...others.map(([pipeline, problem]): [string, TopicSyncResult] => [
      keyOf(pipeline),
      { problems: [problem], partitions: new Map(), again: false },
    ]),
    ...works.map(({ pipeline, problems, again }): [string, TopicSyncResult] => [
      keyOf(pipeline),
      { problems, partitions: partitionsOf(pipeline, live), again },
    ]),
  ])
}

/**
 * The topics recorded as about to be created that the broker does not describe, although they exist
 * or may exist: a broker learns of a new topic after the controller, which alone validates a
 * creation. If such a topic were treated as missing, its entry would be removed from the record,
 * and the operator would never delete the topic.
 */
async function unseenTopics(
  unconfirmedNames: readonly string[],
  live: ReadonlyMap<string, LiveTopic | undefined>,
  admin: TopicAdmin,
): Promise<ReadonlySet<string>> {
  const absent = unconfirmedNames.filter((name) => live.has(name) && live.get(name) === undefined)
  if (absent.length === 0) return new Set()
  const answers = await admin.validate(
    absent.map((name) => ({ name, partitions: -1, replicas: -1, configs: new Map<string, string>() })),
  )
  return new Set([...answers].flatMap(([name, answer]) => (!answer.ok && answer.error.transient ? [name] : [])))
}

/**
 * The topics that Kafka would create; for the others problems are reported, and no record is made.
 */
async function validateCreations(works: readonly Work[], admin: TopicAdmin): Promise<ReadonlySet<string>> {
  const create = works.flatMap(({ changes }) => changes.create)
  const answers = create.length === 0 ? new Map<string, Outcome<void>>() : await admin.validate(create)
  const refusedNames = new Map([...answers].flatMap(([name, { ok }]) => (ok ? [] : [[name, null] as const])))
  for (const work of works) {
    for (const { name } of work.changes.create) note(work, name, answers.get(name))
    work.record = recordAfter(work.record, refusedNames, new Set())
  }
  return new Set([...answers].flatMap(([name, { ok }]) => (ok ? name : [])))
}

/** Returns the works whose status has the record by now. */
async function saveRecords(
  works: readonly Work[],
  clusterId: string | undefined,
  on: TopicSyncEnvironment,
): Promise<Work[]> {
  const isSaved = await Promise.all(
    works.map(async (work) => {
      const topics = [...work.record].sort((a, b) => (a.name < b.name ? -1 : 1))
      const record = { ...(clusterId === undefined ? {} : { clusterId }), topics }
      if (same(work.saved, record)) return true
      const wasWritten = await on.record(work.pipeline, record)
      if (wasWritten) work.saved = record
      else work.again = true
      return wasWritten
    }),
  )
  return works.filter((_, index) => isSaved[index])
}

async function change(
  works: readonly Work[],
  possible: ReadonlySet<string>,
  live: Map<string, LiveTopic | undefined>,
  admin: TopicAdmin,
): Promise<void> {
  const create = works.flatMap(({ changes }) => changes.create.filter(({ name }) => possible.has(name)))
  const grow = new Map(works.flatMap(({ changes }) => [...changes.grow]))
  const ids = works.flatMap(({ changes }) => changes.delete.flatMap(({ id }) => id ?? []))
  const createResults = create.length === 0 ? new Map<string, Outcome<string>>() : await admin.create(create)
  const createdIds = new Map(
    [...createResults].flatMap(([name, answer]) => (uncertain(answer) ? [] : [[name, idOf(answer)] as const])),
  )
  // Recorded at once, whatever the result of the other requests.
  for (const work of works) work.record = recordAfter(work.record, createdIds, new Set())
  const alterResults = await admin.alter(new Map(works.flatMap(({ changes }) => [...changes.alter])))
  const growResults = await admin.grow(grow)
  const deleteResults = await admin.deleteByIds(ids)
  const deletedIds = new Set([...deleteResults].flatMap(([id, { ok }]) => (ok ? id : [])))
  for (const work of works) {
    const { changes } = work
    for (const { name } of changes.create) note(work, name, createResults.get(name))
    for (const name of changes.alter.keys()) note(work, name, alterResults.get(name))
    for (const name of changes.grow.keys()) note(work, name, growResults.get(name))
    for (const { name, id } of changes.delete) note(work, name, deleteResults.get(id ?? ''))
    work.record = recordAfter(work.record, new Map(), deletedIds)
  }
  for (const { name, partitions, configs } of create) {
    const topicId = createdIds.get(name)
    const dynamic = [...configs].map(([key, value]) => [key, { value, dynamic: true }] as const)
    if (typeof topicId === 'string')
      live.set(name, { topicId, partitions, replicationFactors: [], configs: new Map(dynamic) })
  }
  for (const [name, partitions] of grow) {
    const topic = live.get(name)
    if (topic && growResults.get(name)?.ok) live.set(name, { ...topic, partitions })
  }
}

/** The topic may have been created all the same: the next pass sees it and decides. */
function uncertain(answer: Outcome<string>): boolean {
  return !answer.ok && answer.error.transient && answer.error.code !== 'TOPIC_ALREADY_EXISTS'
}

function idOf(answer: Outcome<string>): string | null {
  return answer.ok ? answer.value : null
}

function note(work: Work, topic: string, outcome: Outcome<unknown> | undefined): void {
  if (!outcome || outcome.ok) return
  work.problems.push(refusal(topic, outcome.error))
  work.again ||= outcome.error.transient
}

function partitionsOf(
  pipeline: OrderPipeline,
  live: ReadonlyMap<string, LiveTopic | undefined>,
): ReadonlyMap<string, number> {
  return new Map(
    topicNames(pipeline).flatMap((name) => {
      const topic = live.get(name)
      return topic ? [[name, topic.partitions] as const] : []
    }),
  )
}

function same(before: KafkaRecord | undefined, after: KafkaRecord): boolean {
  return (
    before !== undefined &&
    before.clusterId === after.clusterId &&
    JSON.stringify((before.topics ?? []).map(({ name, id }) => [name, id])) ===
      JSON.stringify((after.topics ?? []).map(({ name, id }) => [name, id]))
  )
}
