// What is everything called? Each derived name and label has one definition here;
// docs/concepts/architecture.md has the same table.
import type { KubeObject, ObjectMeta, OrderPipeline, OwnerReference, Stage } from '../../api/index.ts'

export const fieldManager = 'orderpipeline-operator'
export const finalizer = 'orderpipeline.dev/cleanup'
export const managedBy = 'orderpipeline'
export const gatewayName = 'gateway'
export const deadLetters = 'dead-letters'

export const labelKeys = {
  managedBy: 'app.kubernetes.io/managed-by',
  name: 'app.kubernetes.io/name',
  partOf: 'app.kubernetes.io/part-of',
  pipeline: 'orderpipeline.dev/pipeline',
  stage: 'orderpipeline.dev/stage',
  /** The color of one of a part's two Deployments. */
  color: 'orderpipeline.dev/color',
} as const

/**
 * Fingerprint of the object as last applied, so that the removal of a field is noticed and a
 * settled object is not written again.
 */
export const fingerprintAnnotation = 'orderpipeline.dev/fingerprint'

/**
 * On a Deployment: fingerprint of the requested pods and of what they were made from, the newest
 * pods that were ready (JSON), the fingerprint of the pods that were given up, with the reason and
 * the retry, and on a green one whether it is the active color.
 */
export const versionAnnotations = {
  asked: 'orderpipeline.dev/version',
  inputs: 'orderpipeline.dev/version-inputs',
  stable: 'orderpipeline.dev/stable-template',
  givenUp: 'orderpipeline.dev/given-up-version',
  givenUpBecause: 'orderpipeline.dev/given-up-because',
  givenUpRetry: 'orderpipeline.dev/given-up-retry',
  active: 'orderpipeline.dev/active',
} as const

/** On a pipeline: with a new value, versions that were given up are tried again. */
export const retryAnnotation = 'orderpipeline.dev/retry'

/** On the pods of a part: digests of the values that they take from Secrets. */
export const secretsAnnotation = 'orderpipeline.dev/secrets'

/** The name of a pod's only container. */
export const containerName = 'stage'

export const ports = { metrics: 9090, http: 8080 } as const

export const colors = ['blue', 'green'] as const
export type Color = (typeof colors)[number]

export function workloadName(pipeline: string, stage: string): string {
  return `${pipeline}-${stage}`
}

export const greenSuffix = '-green'

/** A part has one Deployment, and during a blue-green rollout a second one. */
export function deploymentName(pipeline: string, stage: string, color: Color): string {
  return color === 'blue' ? workloadName(pipeline, stage) : `${workloadName(pipeline, stage)}${greenSuffix}`
}
export function topicPrefix(pipeline: string): string {
  return `${pipeline}.`
}
export function topicName(pipeline: string, topic: string): string {
  return `${topicPrefix(pipeline)}${topic}`
}
export function deadLetterTopic(pipeline: string, stage: string): string {
  return topicName(pipeline, `${stage}.${deadLetters}`)
}

export function consumerGroup(
  pipeline: Pick<OrderPipeline, 'metadata'>,
  stage: Pick<Stage, 'name' | 'consumerGroup'>,
): string {
  return `${namespaceOf(pipeline)}.${pipeline.metadata.name}.${stage.consumerGroup ?? stage.name}`
}

export function namespaceOf(object: { readonly metadata: ObjectMeta }): string {
  return object.metadata.namespace ?? 'default'
}

/**
 * Selects the pods of a stage, of both Deployments, or with a color those of one. It is permanent:
 * a Deployment's selector cannot be changed.
 */
export function selectorLabels(pipeline: string, stage: string, color?: Color): Record<string, string> {
  return {
    [labelKeys.name]: stage,
    [labelKeys.pipeline]: pipeline,
    [labelKeys.stage]: stage,
    ...(color === undefined ? {} : { [labelKeys.color]: color }),
  }
}

export function labels(pipeline: string, stage?: string): Record<string, string> {
  return {
    [labelKeys.managedBy]: managedBy,
    [labelKeys.partOf]: pipeline,
    [labelKeys.pipeline]: pipeline,
    ...(stage === undefined ? { [labelKeys.name]: pipeline } : { [labelKeys.name]: stage, [labelKeys.stage]: stage }),
  }
}

export function ownerReference(pipeline: OrderPipeline): OwnerReference {
  return {
    apiVersion: pipeline.apiVersion,
    kind: pipeline.kind,
    name: pipeline.metadata.name,
    uid: pipeline.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  }
}

/** Metadata of an object that is deleted with the pipeline. */
export function ownedMeta(pipeline: OrderPipeline, name: string, stage?: string): ObjectMeta {
  return {
    name,
    namespace: namespaceOf(pipeline),
    labels: labels(pipeline.metadata.name, stage),
    ownerReferences: [ownerReference(pipeline)],
  }
}

/** The pipeline in an object's labels, `namespace/name`; undefined when there is none. */
export function pipelineKeyOf(object: KubeObject): string | undefined {
  const name = object.metadata.labels?.[labelKeys.pipeline]
  return name === undefined ? undefined : `${namespaceOf(object)}/${name}`
}

export function keyOf(object: { readonly metadata: ObjectMeta }): string {
  return `${namespaceOf(object)}/${object.metadata.name}`
}

/** Identifies an object among the children of one pipeline, `Kind/name`. */
export function identity({ kind, metadata }: KubeObject): string {
  return `${kind}/${metadata.name}`
}
