// What is there of a part? The objects that decide how many replicas it has, read at one time.
import type { KafkaTopic, OrderPipeline, ScaledObject } from '@orderpipeline/operator/api'
import { labelKeys, desiredTopicsOf, workloadName } from '@orderpipeline/operator/pipeline'
import { CommandError } from '../failure.ts'
import type { ApiServer } from '../kube/api-server.ts'
import type { KubeClient } from '../kube/connection.ts'
import { namespacePath } from '../kube/pipelines.ts'
import type { List } from '../kube/pipelines.ts'
import { flowOf } from './flow.ts'
import type { Autoscaler, PartObserved, ObservedPod, Workload } from './observed.ts'

export type LabelledPod = ObservedPod & { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } }

/** The objects of a namespace, of one pipeline or of several. */
export interface Listed {
  readonly scaledObjects: readonly ScaledObject[]
  readonly autoscalers: readonly Autoscaler[]
  readonly deployments: readonly Workload[]
  readonly topics: readonly KafkaTopic[]
  readonly pods: readonly LabelledPod[]
}

/** `among`: the parts to observe. */
export async function observeParts(
  kube: KubeClient,
  pipeline: OrderPipeline,
  among: readonly string[],
): Promise<(part: string) => PartObserved> {
  const { name, namespace = 'default' } = pipeline.metadata
  const selector = `${labelKeys.pipeline}=${name}`
  const [scaling, pods] = await Promise.all([
    listedScaling(kube, namespace, selector),
    listedPods(kube, namespace, selector),
  ])
  const scaledObjectOf = (part: string) =>
    scaling.scaledObjects.find(({ metadata }) => metadata.name === workloadName(name, part))
  const flows = new Map(
    await Promise.all(among.map(async (part) => [part, await flowOf(kube, scaledObjectOf(part))] as const)),
  )
  return partsAmong(pipeline, { ...scaling, pods }, flows)
}

/** All but the pods, which may be many. `selector` is a label selector. */
export async function listedScaling(
  kube: Pick<ApiServer, 'get'>,
  namespace: string,
  selector: string,
): Promise<Omit<Listed, 'pods'>> {
  const ours = `labelSelector=${encodeURIComponent(selector)}`
  const listed = async <Item>(apiVersion: string, plural: string, query = ours): Promise<readonly Item[]> =>
    (await kube.get<List<Item>>(`${namespacePath(apiVersion, namespace)}/${plural}?${query}`))?.items ?? []
  const [scaledObjects, autoscalers, deployments, topics] = await Promise.all([
    listed<ScaledObject>('keda.sh/v1alpha1', 'scaledobjects'),
    // KEDA gives them the labels of the ScaledObject; an autoscaler from another author counts too.
    listed<Autoscaler>('autoscaling/v2', 'horizontalpodautoscalers', ''),
    listed<Workload>('apps/v1', 'deployments'),
    listed<KafkaTopic>('kafka.strimzi.io/v1', 'kafkatopics'),
  ])
  return { scaledObjects, autoscalers, deployments, topics }
}

export async function listedPods(
  kube: Pick<ApiServer, 'get'>,
  namespace: string,
  selector: string,
): Promise<readonly LabelledPod[]> {
  const path = `${namespacePath('v1', namespace)}/pods?labelSelector=${encodeURIComponent(selector)}`
  const list = await kube.get<List<LabelledPod>>(path).catch(whenAllowed)
  return list?.items ?? []
}

/**
 * The observation of each part of a pipeline. `flows`: the operator's decisions, where they were
 * requested.
 */
export function partsAmong(
  pipeline: OrderPipeline,
  listed: Listed,
  flows: ReadonlyMap<string, PartObserved['flow']> = new Map(),
): (part: string) => PartObserved {
  const { name } = pipeline.metadata
  const ofPipeline = ({ metadata }: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } }) =>
    metadata.labels?.[labelKeys.pipeline] === name
  const partitions = partitionsOf(pipeline, listed.topics.filter(ofPipeline))
  const pods = listed.pods.filter(ofPipeline)
  return (part) => {
    const scaledObject = listed.scaledObjects.find(({ metadata }) => metadata.name === workloadName(name, part))
    const flow = flows.get(part)
    const target = scaledObject?.spec.scaleTargetRef.name ?? workloadName(name, part)
    return {
      pipeline,
      part,
      scaledObject,
      autoscaler: listed.autoscalers.find(
        ({ spec }) => spec.scaleTargetRef.kind === 'Deployment' && spec.scaleTargetRef.name === target,
      ),
      deployment: listed.deployments.find(({ metadata }) => metadata.name === target),
      pods: pods.filter(({ metadata }) => metadata.labels?.[labelKeys.stage] === part),
      partitions,
      ...(flow === undefined ? {} : { flow }),
    }
  }
}

/**
 * An external Kafka has no KafkaTopics to read: its topics have what the spec says, or what the
 * operator derives from it.
 */
export function partitionsOf(pipeline: OrderPipeline, topics: readonly KafkaTopic[]): ReadonlyMap<string, number> {
  const kafkaTopics =
    'external' in pipeline.spec.kafka
      ? desiredTopicsOf(pipeline, new Map()).map(({ name, spec }) => ({ name, partitions: spec.partitions }))
      : topics.map(({ metadata, spec }) => ({ name: metadata.name, partitions: spec.partitions }))
  return new Map(kafkaTopics.flatMap(({ name, partitions }) => (partitions === undefined ? [] : [[name, partitions]])))
}

/** Who may not list pods still learns the rest. */
function whenAllowed(error: unknown): undefined {
  if (error instanceof CommandError && / answered 403 /.test(error.message)) return undefined
  throw error
}
