// Which pipelines wait when they are deleted, and for what? A finalizer holds those that need a
// cleanup which no garbage collector does.
import { orderPipelines, resourceOf } from '../api/index.ts'
import type { ChildObject, KubeObject, OrderPipeline } from '../api/index.ts'
import type { Kube } from '../kube/port.ts'
import { isNotFound } from '../kube/errors.ts'
import { finalizer, mayBeDeleted, mustBeReleased, namespaceOf, needsFinalizer } from '../pipeline/index.ts'
import { release } from './perform.ts'

export function hasFinalizer({ metadata }: OrderPipeline): boolean {
  return metadata.finalizers?.includes(finalizer) ?? false
}

/** Returns what the API server answered; undefined when the pipeline was deleted already. */
function addFinalizer(kube: Kube, { apiVersion, kind, metadata }: OrderPipeline): Promise<KubeObject | undefined> {
  const { name, namespace, uid } = metadata
  const own = { name, ...(namespace ? { namespace } : {}), ...(uid ? { uid } : {}) }
  return unlessGone(kube.apply(orderPipelines, { apiVersion, kind, metadata: { ...own, finalizers: [finalizer] } }))
}

/**
 * Removes it, whichever field manager has set it: apply cannot remove one that came with a
 * manifest, and it would hold the pipeline for ever.
 */
export function removeFinalizer(kube: Kube, pipeline: OrderPipeline): Promise<KubeObject | undefined> {
  const others = pipeline.metadata.finalizers?.filter((name) => name !== finalizer) ?? []
  return unlessGone(kube.setFinalizers(orderPipelines, pipeline, others))
}

async function unlessGone(write: Promise<KubeObject>): Promise<KubeObject | undefined> {
  try {
    return await write
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/**
 * The finalizer when something outside needs it, and only then. Undefined when the pipeline was
 * deleted in the meantime.
 */
export async function withFinalizer(
  kube: Kube,
  pipeline: OrderPipeline,
  children: readonly ChildObject[],
): Promise<OrderPipeline | undefined> {
  const [has, needs] = [hasFinalizer(pipeline), needsFinalizer(pipeline, children)]
  if (pipeline.metadata.deletionTimestamp !== undefined || has === needs) return pipeline
  if (needs) return (await addFinalizer(kube, pipeline)) as OrderPipeline | undefined
  await releaseTopics(kube, pipeline)
  return (await removeFinalizer(kube, pipeline)) as OrderPipeline | undefined
}

/**
 * Children that others hold by a finalizer of their own are theirs to finish; retained topics stay.
 */
export function allChildrenDeleted(pipeline: OrderPipeline, children: readonly ChildObject[]): boolean {
  return children.every(
    (child) =>
      !mustBeReleased(child, pipeline) &&
      (child.metadata.deletionTimestamp !== undefined || !mayBeDeleted(child, pipeline)),
  )
}

/**
 * Retained topics that the garbage collector would delete once the finalizer is removed. Read from
 * the API server itself and without labels: a topic that the watch has not delivered yet, or that
 * has lost our label, would be lost with its messages.
 */
async function unreleasedTopics(kube: Kube, pipeline: OrderPipeline): Promise<ChildObject[]> {
  if (pipeline.spec.deletionPolicy === 'Delete') return []
  try {
    const topics = await kube.list(resourceOf('KafkaTopic'), { namespace: namespaceOf(pipeline) })
    return (topics as readonly ChildObject[]).filter((topic) => mustBeReleased(topic, pipeline))
  } catch (error) {
    if (isNotFound(error)) return [] // Strimzi is not installed
    throw error
  }
}

/** Must run before the finalizer is removed. */
export async function releaseTopics(kube: Kube, pipeline: OrderPipeline): Promise<void> {
  for (const topic of await unreleasedTopics(kube, pipeline)) await release(kube, topic, pipeline)
}
