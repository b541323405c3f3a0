// What does an object need before it may be created or changed? A refused object blocks those that
// depend on it: pods never run with an account, a policy or topics of another owner, and no
// autoscaler scales a Deployment that is not the pipeline's own.
import type { ChildObject, OrderPipeline, ConditionReason, TopicRef } from '../../api/index.ts'
import { defaultGatewayEmits } from '../desired/environment.ts'
import type { Blocked, Cause } from './blocked.ts'
import type { ExternalTopics } from '../children/external-topics-state.ts'
import { isExternal } from '../kafka/kafka-connection.ts'
import { deadLetterTopic, gatewayName, identity, labelKeys, topicName, workloadName } from '../children/names.ts'
import { everyOf } from './missing-kinds.ts'
import { otherOwner } from '../children/ownership.ts'

export type { Blocked, Cause } from './blocked.ts'

/** The identity of an external Kafka cluster, which no object represents. */
const externalKafka = 'Kafka/external'

/** The identity of a part's topics, as long as some of them do not exist. */
export function awaitedTopicsOf(part: string): string {
  return `Topics/${part}`
}

/** Identities of what an object needs directly; the first that is blocked is the reported cause. */
export function dependencies(object: ChildObject, pipeline: OrderPipeline): string[] {
  const kafka = isExternal(pipeline) ? [externalKafka] : []
  const part = object.metadata.labels?.[labelKeys.stage] ?? ''
  const workload = workloadName(pipeline.metadata.name, part)
  // In an external Kafka no KafkaTopic is needed, nor Strimzi.
  const topics = isExternal(pipeline) ? kafka : topicsOf(pipeline, part).map((topic) => `KafkaTopic/${topic}`)
  switch (object.kind) {
    case 'Deployment':
      return [`ServiceAccount/${workload}`, `NetworkPolicy/${workload}`, ...topics, awaitedTopicsOf(part)]
    case 'ScaledObject':
      return [
        `Deployment/${object.spec.scaleTargetRef.name}`,
        ...object.spec.triggers.flatMap(({ authenticationRef: by }) => (by ? `TriggerAuthentication/${by.name}` : [])),
        ...kafka,
      ]
    case 'TriggerAuthentication':
      return kafka
    default:
      return []
  }
}

/** Topics that a stage or the gateway reads or writes, by their names in Kafka. */
export function topicsOf({ metadata: { name }, spec }: OrderPipeline, part: string): string[] {
  const namesOf = (refs: readonly TopicRef[]): string[] => refs.map(({ topic }) => topicName(name, topic))
  if (part === gatewayName) return spec.gateway ? namesOf(spec.gateway.emits ?? defaultGatewayEmits) : []
  const stage = spec.stages.find((one) => one.name === part)
  return stage ? [...namesOf(stage.consumes), ...namesOf(stage.emits ?? []), deadLetterTopic(name, part)] : []
}

export interface Gate {
  block(object: ChildObject, cause: Cause): void
  /**
   * Why the object must be left as it is, which then also holds for what depends on it; undefined
   * when nothing blocks it. Call it in the order of childResources, so that what an object needs
   * comes before it.
   */
  causeFor(object: ChildObject): Cause | undefined
}

/** The cause that blocks one object, or all objects of its kind. */
export function causeOf(id: string, blocked: Blocked): Cause | undefined {
  return blocked.get(id) ?? blocked.get(everyOf(id.slice(0, id.indexOf('/'))))
}

export function gate(pipeline: OrderPipeline, before: Blocked = new Map()): Gate {
  const blocked = new Map(before)
  return {
    block: (object, cause) => void blocked.set(identity(object), cause),
    causeFor: (object) => {
      const [cause] = [identity(object), ...dependencies(object, pipeline)].flatMap((id) => causeOf(id, blocked) ?? [])
      if (cause) blocked.set(identity(object), cause)
      return cause
    },
  }
}

/**
 * An external Kafka cluster blocks until it is known which pipeline owns its topics, and for as
 * long as it is not this one.
 */
export function blockedByKafka(pipeline: OrderPipeline, topics: ExternalTopics | undefined): Blocked {
  if (!isExternal(pipeline)) return new Map()
  const blocked = (reason: ConditionReason, what: string): Blocked => new Map([[externalKafka, { reason, what }]])
  if (!topics) return blocked('TopicsNotReady', 'the Kafka cluster, which was not read yet')
  const verdict = topics.problems.find(({ reason }) => reason === 'NotOwned' || reason === 'KafkaClusterChanged')
  return verdict ? blocked(verdict.reason, 'the Kafka cluster, see TopicsReady') : new Map()
}

/**
 * Autoscalers of the pipeline that would scale a Deployment of another owner, which has the name of
 * a deleted one.
 */
export function strayScaledObjects(
  pipeline: OrderPipeline,
  children: readonly ChildObject[],
  foreign: ReadonlySet<string>,
): ChildObject[] {
  return children.filter(
    (child) =>
      child.kind === 'ScaledObject' &&
      child.metadata.deletionTimestamp === undefined &&
      otherOwner(child, pipeline) === undefined &&
      foreign.has(`Deployment/${child.spec.scaleTargetRef.name}`),
  )
}
