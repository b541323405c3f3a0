// How is a batch of KafkaTopics applied to Kafka? Deletions first, then one description of all the
// rest, then at most one request for each kind of change, then a status each, written only where it
// changes.
import { ApiError } from '@orderpipeline/kube'
import type { Outcome, TopicAdmin, TopicError } from '@orderpipeline/kafka-admin'
import { changesOf, intentOf } from './decide.ts'
import type { Changes, Intent } from './decide.ts'
import { finalizer, hasFinalizer, isBeingDeleted, topicName } from './kafka-topic.ts'
import type { KafkaTopic, Problem } from './kafka-topic.ts'
import type { KafkaTopics } from './kube.ts'
import { statusChanged, statusOf } from './status.ts'
import type { Attempt } from './status.ts'

export interface TopicOperatorClients {
  readonly kube: KafkaTopics
  readonly kafka: TopicAdmin
  /** Every resource in the cache. */
  readonly all: () => readonly KafkaTopic[]
  /** Stores a resource as the API server has just returned it. */
  readonly remember: (resource: KafkaTopic) => void
  readonly now: () => Date
  readonly log: (message: string) => void
}

/** Resources that must be reconciled again soon, since something changed meanwhile. */
export type Again = readonly KafkaTopic[]

/**
 * @throws KafkaUnavailableError; what was done until then is done, and doing it again does no harm.
 */
export async function reconcile(batch: readonly KafkaTopic[], world: TopicOperatorClients): Promise<Again> {
  const again: KafkaTopic[] = []
  const withIntent = batch.map((resource) => ({ resource, intent: intentOf(resource, world.all()) }))
  const having = (kind: Intent['kind']) => withIntent.filter(({ intent }) => intent.kind === kind)

  await each(having('leave'), again, world, ({ resource, intent }) => leave(resource, intent, world))

  const going = having('delete')
  const topics = going.filter(({ intent }) => intent.kind === 'delete' && intent.topic)
  const deleted = await world.kafka.delete(topics.map(({ resource }) => topicName(resource)))
  await each(going, again, world, async ({ resource, intent }) => {
    const outcome = intent.kind === 'delete' && intent.topic ? deleted.get(topicName(resource)) : undefined
    if (outcome && !outcome.ok && outcome.error.transient) again.push(resource)
    else if (outcome && !outcome.ok) await writeStatus(resource, { problem: kafkaProblem(outcome.error) }, world)
    else await removeFinalizer(resource, world)
  })

  const withFinalizer: KafkaTopic[] = []
  await each(having('reconcile'), again, world, async ({ resource }) => {
    const present = await addFinalizer(resource, world)
    if (present) withFinalizer.push(present)
  })
  const attempts = await applyChanges(withFinalizer, world)
  await each(
    withFinalizer.map((resource) => ({ resource })),
    again,
    world,
    async ({ resource }) => {
      const attempt = attempts.get(resource) ?? 'again'
      if (attempt === 'again') again.push(resource)
      else await writeStatus(resource, attempt, world)
    },
  )
  return again
}

async function applyChanges(
  resources: readonly KafkaTopic[],
  { kafka }: TopicOperatorClients,
): Promise<Map<KafkaTopic, Attempt | 'again'>> {
  const attempts = new Map<KafkaTopic, Attempt | 'again'>()
  const described = await kafka.describe(resources.map(topicName))
  const changes: { resource: KafkaTopic; name: string; topicId: string | undefined; changes: Changes }[] = []
  for (const resource of resources) {
    const name = topicName(resource)
    const outcome = described.get(name)
    if (!outcome) attempts.set(resource, 'again')
    else if (!outcome.ok)
      attempts.set(resource, outcome.error.transient ? 'again' : { problem: kafkaProblem(outcome.error) })
    else changes.push({ resource, name, topicId: outcome.value?.topicId, changes: changesOf(resource, outcome.value) })
  }
  const requested = <T>(pick: (changes: Changes) => T | undefined) =>
    changes.flatMap(({ name, changes: of }) => {
      const value = pick(of)
      return value === undefined ? [] : [[name, value] as const]
    })
  const created = await kafka.create(requested((of) => of.create).map(([, topic]) => topic))
  const altered = await kafka.alter(new Map(requested((of) => of.alter)))
  const growth = await kafka.grow(new Map(requested((of) => of.grow)))

  for (const { resource, name, topicId, changes: of } of changes) {
    const creation = created.get(name)
    const errors = [creation, altered.get(name), growth.get(name)].flatMap(errorOf)
    if (errors.some(({ transient }) => transient)) attempts.set(resource, 'again')
    else {
      const problem = [...errors.map(kafkaProblem), ...of.problems][0]
      const id = creation?.ok ? creation.value : topicId
      attempts.set(resource, { ...(problem && { problem }), ...(id !== undefined && { topicId: id }) })
    }
  }
  return attempts
}

async function leave(resource: KafkaTopic, intent: Intent, world: TopicOperatorClients): Promise<void> {
  const goes = isBeingDeleted(resource) && !hasFinalizer(resource) // its finalizers are others' to remove
  if (goes || intent.kind !== 'leave') return
  await writeStatus(resource, intent.problem ? { problem: intent.problem } : {}, world)
}

async function addFinalizer(
  resource: KafkaTopic,
  { kube, remember }: TopicOperatorClients,
): Promise<KafkaTopic | undefined> {
  if (hasFinalizer(resource)) return resource
  const present = await kube.setFinalizers(resource, [...(resource.metadata.finalizers ?? []), finalizer])
  if (present) remember(present)
  return present
}

async function removeFinalizer(resource: KafkaTopic, { kube }: TopicOperatorClients): Promise<void> {
  const others = resource.metadata.finalizers?.filter((name) => name !== finalizer) ?? []
  await kube.setFinalizers(resource, others)
}

async function writeStatus(
  resource: KafkaTopic,
  attempt: Attempt,
  { kube, remember, now }: TopicOperatorClients,
): Promise<void> {
  const status = statusOf(resource, attempt, now())
  if (!statusChanged(resource.status, status)) return
  const present = await kube.writeStatus(resource, status)
  if (present) remember(present)
}

/**
 * Calls it for each at once. A refusal of the API server is logged and left until the resource
 * changes; every other failure is retried.
 */
async function each<T extends { readonly resource: KafkaTopic }>(
  items: readonly T[],
  again: KafkaTopic[],
  world: TopicOperatorClients,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const results = await Promise.allSettled(items.map(work))
  for (const [index, result] of results.entries()) {
    const item = items[index]
    if (result.status === 'fulfilled' || !item) continue
    const { namespace, name } = item.resource.metadata
    const error: unknown = result.reason
    world.log(`${namespace}/${name}: ${error instanceof Error ? error.message : String(error)}`)
    const isTerminal = error instanceof ApiError && !error.retry
    if (!isTerminal) again.push(item.resource)
  }
}

function kafkaProblem({ code, message }: TopicError): Problem {
  return { reason: 'KafkaError', message: `${code}: ${message}` }
}

function errorOf(outcome: Outcome<unknown> | undefined): TopicError[] {
  return outcome && !outcome.ok ? [outcome.error] : []
}

/** Writes into the status of each resource that Kafka cannot be reached. */
export async function reportUnavailable(
  batch: readonly KafkaTopic[],
  cause: Error,
  world: TopicOperatorClients,
): Promise<void> {
  const affected = batch.filter((resource) => ['reconcile', 'delete'].includes(intentOf(resource, world.all()).kind))
  const problem: Problem = { reason: 'KafkaError', message: cause.message }
  await Promise.allSettled(affected.map((resource) => writeStatus(resource, { problem }, world)))
}
