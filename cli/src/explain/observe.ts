// What is there of a part? The objects that decide how many replicas it has, read at one time.
import type { KafkaTopic, OrderPipeline, ScaledObject } from '@orderpipeline/operator/api'
import { labelKeys, wantedTopics, workloadName } from '@orderpipeline/operator/pipeline'
import { CommandFailed } from '../environment.ts'
import type { Kube } from '../kube/connection.ts'
import { namespacePath, type List } from '../kube/pipelines.ts'
import type { Autoscaler, PartObserved, Pod, Workload } from './observed.ts'

type LabelledPod = Pod & { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } }

export async function observeParts(kube: Kube, pipeline: OrderPipeline): Promise<(part: string) => PartObserved> {
  const { name, namespace = 'default' } = pipeline.metadata
  const ours = `labelSelector=${encodeURIComponent(`${labelKeys.pipeline}=${name}`)}`
  const listed = async <Item>(apiVersion: string, plural: string, query = ours): Promise<readonly Item[]> =>
    (await kube.get<List<Item>>(`${namespacePath(apiVersion, namespace)}/${plural}?${query}`))?.items ?? []
  const [scaledObjects, autoscalers, deployments, topics, pods] = await Promise.all([
    listed<ScaledObject>('keda.sh/v1alpha1', 'scaledobjects'),
    // KEDA gives them the labels of the ScaledObject; one made by somebody else counts as well.
    listed<Autoscaler>('autoscaling/v2', 'horizontalpodautoscalers', ''),
    listed<Workload>('apps/v1', 'deployments'),
    listed<KafkaTopic>('kafka.strimzi.io/v1', 'kafkatopics'),
    listed<LabelledPod>('v1', 'pods').catch(whenAllowed),
  ])
  const partitions = partitionsOf(pipeline, topics)
  return (part) => {
    const scaledObject = scaledObjects.find(({ metadata }) => metadata.name === workloadName(name, part))
    const target = scaledObject?.spec.scaleTargetRef.name ?? workloadName(name, part)
    return {
      pipeline,
      part,
      scaledObject,
      autoscaler: autoscalers.find(
        ({ spec }) => spec.scaleTargetRef.kind === 'Deployment' && spec.scaleTargetRef.name === target,
      ),
      deployment: deployments.find(({ metadata }) => metadata.name === target),
      pods: pods.filter(({ metadata }) => metadata.labels?.[labelKeys.stage] === part),
      partitions,
    }
  }
}

/** An external Kafka has no KafkaTopics to read: its topics have what the spec says, or what the operator derives from it. */
export function partitionsOf(pipeline: OrderPipeline, topics: readonly KafkaTopic[]): ReadonlyMap<string, number> {
  const known =
    'external' in pipeline.spec.kafka
      ? wantedTopics(pipeline, new Map()).map(({ name, spec }) => ({ name, partitions: spec.partitions }))
      : topics.map(({ metadata, spec }) => ({ name: metadata.name, partitions: spec.partitions }))
  return new Map(known.flatMap(({ name, partitions }) => (partitions === undefined ? [] : [[name, partitions]])))
}

/** Who may not list pods still learns the rest. */
function whenAllowed(error: unknown): readonly LabelledPod[] {
  if (error instanceof CommandFailed && / answered 403 /.test(error.message)) return []
  throw error
}
