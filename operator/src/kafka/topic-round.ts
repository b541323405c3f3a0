// How are the topics of several pipelines in one external Kafka cluster brought to what their specs
// say? One description of all, what is about to be made put on record, at most one request for each
// kind of change, and what came of it put on record. A crash at any point leaves a record from
// which the next round goes on.
import { everWritten, type KafkaConnection, type Outcome, type TopicAdmin } from '@orderpipeline/kafka-admin'
import type { KafkaRecord, OrderPipeline, RecordedTopic } from '../api/index.ts'
import {
  type ExternalTopics,
  keyOf,
  type LiveTopic,
  notOurs,
  recordAfter,
  type TopicChanges,
  topicChanges,
  topicNames,
  type TopicProblem,
  unconfirmed,
} from '../pipeline/index.ts'
import { refusal } from './topic-refusal.ts'

export interface TopicRoundEnvironment {
  readonly kafka: KafkaConnection
  readonly admin: TopicAdmin
  /** Every pipeline with an external Kafka, to see whose the topics are. */
  readonly all: readonly OrderPipeline[]
  /**
   * Puts it into the pipeline's status; `false` when that failed or the pipeline is gone, and
   * nothing may be changed for it.
   */
  readonly record: (pipeline: OrderPipeline, record: KafkaRecord) => Promise<boolean>
}

export interface TopicsFound extends ExternalTopics {
  /** Something passes by itself, or could not be done yet: look again soon. */
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

/** @throws KafkaUnavailable, CredentialsError; what was done until then is on record. */
export const topicRound = async (
  pipelines: readonly OrderPipeline[],
  on: TopicRoundEnvironment,
): Promise<ReadonlyMap<string, TopicsFound>> => {
  const { admin } = on
  const clusterId = await admin.clusterId()
  // Two that are made at once have no record yet; those of one round are in one cluster all the
  // same.
  const inThisRound = new Set(pipelines.map(keyOf))
  const others = pipelines.flatMap((pipeline) => {
    const problem = notOurs(pipeline, clusterId, [...pipelines, ...on.all], (other) => inThisRound.has(keyOf(other)))
    return problem ? [[pipeline, problem] as const] : []
  })
  const mine = pipelines.filter((pipeline) => !others.some(([other]) => other === pipeline))
  const described = await admin.describe([...new Set(mine.flatMap(topicNames))])
  const live = new Map<string, LiveTopic | undefined>()
  for (const [name, outcome] of described) if (outcome.ok) live.set(name, outcome.value)
  const open = mine.flatMap(unconfirmed).filter((name) => live.get(name) !== undefined)
  const written = await everWritten(on.kafka, open)

  const works = mine.map((pipeline): Work => {
    const changes = topicChanges(pipeline, live, written)
    const { problems, record } = changes
    // One that does not answer yet leaves open whether it is ours.
    const again = unconfirmed(pipeline).some((name) => open.includes(name) && !written.has(name))
    const work = { pipeline, changes, problems: [...problems], record, saved: pipeline.status?.kafka, again }
    for (const name of topicNames(pipeline)) note(work, name, described.get(name))
    return work
  })
  const possible = await validated(works, admin)
  const held = await recorded(works, clusterId, on)
  try {
    await change(held, possible, live, admin)
  } finally {
    await recorded(held, clusterId, on) // what was made is on record although a later request failed
  }
  return new Map<string, TopicsFound>([
    ...others.map(([pipeline, problem]): [string, TopicsFound] => [
      keyOf(pipeline),
      { problems: [problem], partitions: new Map(), again: false },
    ]),
    ...works.map(({ pipeline, problems, again }): [string, TopicsFound] => [
      keyOf(pipeline),
      { problems, partitions: partitionsOf(pipeline, live), again },
    ]),
  ])
}

/** Those that Kafka would make; the others are told and do not come on record. */
const validated = async (works: readonly Work[], admin: TopicAdmin): Promise<ReadonlySet<string>> => {
  const create = works.flatMap(({ changes }) => changes.create)
  const answers = create.length === 0 ? new Map<string, Outcome<void>>() : await admin.validate(create)
  const refused = new Map([...answers].flatMap(([name, { ok }]) => (ok ? [] : [[name, null] as const])))
  for (const work of works) {
    for (const { name } of work.changes.create) note(work, name, answers.get(name))
    work.record = recordAfter(work.record, refused, new Set())
  }
  return new Set([...answers].flatMap(([name, { ok }]) => (ok ? name : [])))
}

/** Returns those whose status says by now what it should. */
const recorded = async (
  works: readonly Work[],
  clusterId: string | undefined,
  on: TopicRoundEnvironment,
): Promise<Work[]> => {
  const held = await Promise.all(
    works.map(async (work) => {
      const topics = [...work.record].sort((a, b) => (a.name < b.name ? -1 : 1))
      const record = { ...(clusterId === undefined ? {} : { clusterId }), topics }
      if (same(work.saved, record)) return true
      const written = await on.record(work.pipeline, record)
      if (written) work.saved = record
      else work.again = true
      return written
    }),
  )
  return works.filter((_, index) => held[index])
}

const change = async (
  works: readonly Work[],
  possible: ReadonlySet<string>,
  live: Map<string, LiveTopic | undefined>,
  admin: TopicAdmin,
): Promise<void> => {
  const create = works.flatMap(({ changes }) => changes.create.filter(({ name }) => possible.has(name)))
  const grow = new Map(works.flatMap(({ changes }) => [...changes.grow]))
  const ids = works.flatMap(({ changes }) => changes.delete.flatMap(({ id }) => id ?? []))
  const created = create.length === 0 ? new Map<string, Outcome<string>>() : await admin.create(create)
  const made = new Map(
    [...created].flatMap(([name, answer]) => (uncertain(answer) ? [] : [[name, idOf(answer)] as const])),
  )
  // On record at once, whatever becomes of the other requests.
  for (const work of works) work.record = recordAfter(work.record, made, new Set())
  const altered = await admin.alter(new Map(works.flatMap(({ changes }) => [...changes.alter])))
  const grown = await admin.grow(grow)
  const deleted = await admin.deleteByIds(ids)
  const gone = new Set([...deleted].flatMap(([id, { ok }]) => (ok ? id : [])))
  for (const work of works) {
    const { changes } = work
    for (const { name } of changes.create) note(work, name, created.get(name))
    for (const name of changes.alter.keys()) note(work, name, altered.get(name))
    for (const name of changes.grow.keys()) note(work, name, grown.get(name))
    for (const { name, id } of changes.delete) note(work, name, deleted.get(id ?? ''))
    work.record = recordAfter(work.record, new Map(), gone)
  }
  for (const { name, partitions, configs } of create) {
    const topicId = made.get(name)
    const dynamic = [...configs].map(([key, value]) => [key, { value, dynamic: true }] as const)
    if (typeof topicId === 'string')
      live.set(name, { topicId, partitions, replicationFactors: [], configs: new Map(dynamic) })
  }
  for (const [name, partitions] of grow) {
    const topic = live.get(name)
    if (topic && grown.get(name)?.ok) live.set(name, { ...topic, partitions })
  }
}

/** It may have been made all the same: what the next round sees decides. */
const uncertain = (answer: Outcome<string>): boolean =>
  !answer.ok && answer.error.transient && answer.error.code !== 'TOPIC_ALREADY_EXISTS'

const idOf = (answer: Outcome<string>): string | null => (answer.ok ? answer.value : null)

const note = (work: Work, topic: string, outcome: Outcome<unknown> | undefined): void => {
  if (!outcome || outcome.ok) return
  work.problems.push(refusal(topic, outcome.error))
  work.again ||= outcome.error.transient
}

const partitionsOf = (
  pipeline: OrderPipeline,
  live: ReadonlyMap<string, LiveTopic | undefined>,
): ReadonlyMap<string, number> =>
  new Map(
    topicNames(pipeline).flatMap((name) => {
      const topic = live.get(name)
      return topic ? [[name, topic.partitions] as const] : []
    }),
  )

const same = (before: KafkaRecord | undefined, after: KafkaRecord): boolean =>
  before !== undefined &&
  before.clusterId === after.clusterId &&
  JSON.stringify((before.topics ?? []).map(({ name, id }) => [name, id])) ===
    JSON.stringify((after.topics ?? []).map(({ name, id }) => [name, id]))
