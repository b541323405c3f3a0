// What has to be done for a KafkaTopic? First what follows from the resources alone, then what from
// comparing one with the topic as Kafka describes it. Pure.
import type { DescribedConfig, DescribedTopic, NewTopic } from '@orderpipeline/kafka-admin'
import { hasFinalizer, isBeingDeleted, isManaged, isPaused, isReady, topicName } from './kafka-topic.ts'
import type { KafkaTopic, Problem } from './kafka-topic.ts'

export type Intent =
  /** The resource is being deleted; its topic too when it is this resource's. */
  | { readonly kind: 'delete'; readonly topic: boolean }
  /** The topic is left alone; only the status reports it. */
  | { readonly kind: 'leave'; readonly problem?: Problem }
  | { readonly kind: 'reconcile' }

/** `all`: every known resource, this one included: two may claim one topic. */
export function intentOf(resource: KafkaTopic, all: readonly KafkaTopic[]): Intent {
  if (isBeingDeleted(resource) && !hasFinalizer(resource)) return { kind: 'leave' }
  if (!isManaged(resource)) return isBeingDeleted(resource) ? { kind: 'delete', topic: false } : { kind: 'leave' }
  const renamed = resource.status?.topicName !== undefined && resource.status.topicName !== topicName(resource)
  if (renamed) return leaveWith('NotSupported', 'Changing spec.topicName is not supported')
  const owner = ownerAmong(claimantsOf(topicName(resource), all))
  const isOwner = owner?.metadata.uid === resource.metadata.uid
  // A resource that lost the claim never had the topic, so its deletion must not delete the topic
  // of another.
  if (isBeingDeleted(resource)) return { kind: 'delete', topic: isOwner }
  if (!isOwner) {
    const { namespace, name } = (owner ?? claimantsOf(topicName(resource), all)[0] ?? resource).metadata
    return leaveWith('ResourceConflict', `Managed by Ref{namespace='${namespace}', name='${name}'}`)
  }
  return isPaused(resource) ? { kind: 'leave' } : { kind: 'reconcile' }
}

function leaveWith(reason: Problem['reason'], message: string): Intent {
  return { kind: 'leave', problem: { reason, message } }
}

/** The managed resources for that topic, oldest first. */
export function claimantsOf(name: string, all: readonly KafkaTopic[]): KafkaTopic[] {
  return all
    .filter((resource) => isManaged(resource) && topicName(resource) === name)
    .sort((a, b) => ageOf(a) - ageOf(b) || (fullName(a) < fullName(b) ? -1 : 1))
}

/**
 * The oldest. Among several of the same second the one that has the topic already, if any: the
 * API's times have a resolution of a second.
 */
function ownerAmong(claimants: readonly KafkaTopic[]): KafkaTopic | undefined {
  const [first] = claimants
  if (!first) return undefined
  const oldest = claimants.filter((claimant) => ageOf(claimant) === ageOf(first))
  return oldest.length === 1 ? first : oldest.find(isReady)
}

function ageOf({ metadata }: KafkaTopic) {
  return Date.parse(metadata.creationTimestamp)
}
function fullName({ metadata }: KafkaTopic) {
  return `${metadata.namespace}/${metadata.name}`
}

export interface Changes {
  readonly create?: NewTopic
  /** Values to set; `null` to remove. */
  readonly alter?: ReadonlyMap<string, string | null>
  /** The number of partitions to grow to. */
  readonly grow?: number
  readonly problems: readonly Problem[]
}

export function changesOf(resource: KafkaTopic, described: DescribedTopic | undefined): Changes {
  const desired = desiredConfigs(resource)
  if (desired.problem) return { problems: [desired.problem] }
  if (!described) return { create: newTopic(resource, desired.configs), problems: [] }

  const alter = configChanges(desired.configs, described.configs)
  const partitions = resource.spec?.partitions ?? described.partitions
  const problems: Problem[] = []
  if (partitions < described.partitions)
    problems.push({ reason: 'NotSupported', message: 'Decreasing partitions not supported' })
  const different = partitionsWithOtherReplicas(resource.spec?.replicas, described)
  if (different.length > 0) {
    const message = `Replication factor change not supported, but required for partitions [${different.join(', ')}]`
    problems.push({ reason: 'NotSupported', message })
  }
  return {
    ...(alter.size > 0 && { alter }),
    ...(partitions > described.partitions && { grow: partitions }),
    problems,
  }
}

function newTopic(resource: KafkaTopic, configs: ReadonlyMap<string, string>): NewTopic {
  const { partitions = -1, replicas = -1 } = resource.spec ?? {}
  return { name: topicName(resource), partitions, replicas, configs }
}

function partitionsWithOtherReplicas(desired: number | undefined, described: DescribedTopic): number[] {
  if (desired === undefined) return []
  return described.replicationFactors.flatMap((factor, partition) => (factor === desired ? [] : [partition]))
}

function configChanges(
  desired: ReadonlyMap<string, string>,
  described: ReadonlyMap<string, DescribedConfig>,
): Map<string, string | null> {
  const changes = new Map<string, string | null>()
  for (const [name, value] of desired) if (described.get(name)?.value !== value) changes.set(name, value)
  for (const [name, { dynamic }] of described) if (dynamic && !desired.has(name)) changes.set(name, null)
  return changes
}

function desiredConfigs(resource: KafkaTopic): { configs: Map<string, string>; problem?: Problem } {
  const configs = new Map<string, string>()
  for (const [name, value] of Object.entries(resource.spec?.config ?? {})) {
    const text = configText(value)
    if (text === undefined) {
      const message = `Invalid value for topic config '${name}': a string, a number, a boolean or a list of them is expected`
      return { configs, problem: { reason: 'InternalError', message } }
    }
    configs.set(name, text)
  }
  return { configs }
}

function configText(value: unknown): string | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (!Array.isArray(value)) return undefined
  const items = value.map(configText)
  return items.every((item) => item !== undefined) ? items.join(',') : undefined
}
