// Which objects may the operator change, and which may it delete? It may change an object with the
// pipeline's owner reference, or with no owner and the pipeline's labels (a retained topic, an
// orphan of an earlier pipeline). A topic holds data, so it is deleted only where the pipeline
// itself owns it.
import type { ChildObject, KubeObject, OrderPipeline } from '../../api/index.ts'
import { labelKeys, managedBy } from './names.ts'

/**
 * undefined when it is the pipeline's own; otherwise the name of its owner, for a person to read.
 */
export function otherOwner(object: KubeObject, pipeline: OrderPipeline): string | undefined {
  const { labels = {}, ownerReferences = [] } = object.metadata
  if (ownerReferences.some(({ uid }) => uid === pipeline.metadata.uid)) return undefined
  const controller = ownerReferences.find((owner) => owner.controller) ?? ownerReferences[0]
  if (controller) return `${controller.kind} ${controller.name} (${controller.uid})`
  if (labels[labelKeys.managedBy] === managedBy && labels[labelKeys.pipeline] === pipeline.metadata.name)
    return undefined
  return labels[labelKeys.managedBy] ?? 'an unknown owner'
}

/** Whether the garbage collector deletes the object together with this very pipeline. */
export function isOwnedBy(object: KubeObject, pipeline: OrderPipeline): boolean {
  return object.metadata.ownerReferences?.some(({ uid }) => uid === pipeline.metadata.uid) ?? false
}

/**
 * A topic that would be deleted with the pipeline although the policy is Retain: the owner
 * reference was set while the policy was Delete.
 */
export function mustBeReleased(child: ChildObject, pipeline: OrderPipeline): boolean {
  return child.kind === 'KafkaTopic' && pipeline.spec.deletionPolicy !== 'Delete' && isOwnedBy(child, pipeline)
}

/**
 * Whether a child that is no longer desired may be deleted. A topic that Retain left behind has no
 * owner: a later policy, or a later pipeline of the same name, must not delete it. When a pipeline
 * is deleted, a child without its owner reference must stay: `--cascade=orphan` works that way.
 */
export function mayBeDeleted(child: ChildObject, pipeline: OrderPipeline): boolean {
  if (otherOwner(child, pipeline) !== undefined) return false
  if (pipeline.metadata.deletionTimestamp !== undefined && !isOwnedBy(child, pipeline)) return false
  return child.kind !== 'KafkaTopic' || (pipeline.spec.deletionPolicy === 'Delete' && isOwnedBy(child, pipeline))
}

/**
 * Whether the pipeline was deleted with `--cascade=orphan`, so that all its objects stay. The
 * garbage collector removes its finalizer after it has removed the owner references; from then on
 * the children show it.
 */
export function isOrphaning({ metadata }: OrderPipeline, children: readonly ChildObject[]): boolean {
  return (
    metadata.deletionTimestamp !== undefined &&
    ((metadata.finalizers?.includes('orphan') ?? false) ||
      children.some(({ kind, metadata: child }) => kind !== 'KafkaTopic' && (child.ownerReferences ?? []).length === 0))
  )
}

/**
 * Whether a deletion must wait for the operator: to delete topics of an external Kafka cluster, or
 * to release KafkaTopics if the policy was changed from Delete just before. All other objects have
 * owner references, so nothing hangs when the operator is deleted first.
 */
export function needsFinalizer(pipeline: OrderPipeline, children: readonly ChildObject[]): boolean {
  return pipeline.spec.deletionPolicy === 'Delete' || children.some((child) => mustBeReleased(child, pipeline))
}
