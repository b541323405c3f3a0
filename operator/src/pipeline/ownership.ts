// Which objects may the operator change, and which may it delete? It may change what carries the
// pipeline's owner reference, or no owner and the pipeline's labels (a retained topic, an orphan of
// an earlier pipeline). A topic holds data, so it is deleted only where the pipeline itself has
// taken it over.
import type { ChildObject, KubeObject, OrderPipeline } from '../api/index.ts'
import { labelKeys, managedBy } from './names.ts'

/** undefined when it is the pipeline's own; otherwise who has it, for a person to read. */
export const otherOwner = (object: KubeObject, pipeline: OrderPipeline): string | undefined => {
  const { labels = {}, ownerReferences = [] } = object.metadata
  if (ownerReferences.some(({ uid }) => uid === pipeline.metadata.uid)) return undefined
  const controller = ownerReferences.find((owner) => owner.controller) ?? ownerReferences[0]
  if (controller) return `${controller.kind} ${controller.name} (${controller.uid})`
  if (labels[labelKeys.managedBy] === managedBy && labels[labelKeys.pipeline] === pipeline.metadata.name)
    return undefined
  return labels[labelKeys.managedBy] ?? 'nobody we know of'
}

/** Whether the garbage collector deletes the object together with this very pipeline. */
export const isOwnedBy = (object: KubeObject, pipeline: OrderPipeline): boolean =>
  object.metadata.ownerReferences?.some(({ uid }) => uid === pipeline.metadata.uid) ?? false

/**
 * A topic that would be deleted with the pipeline although the policy is Retain: the reference is
 * from a time of Delete.
 */
export const mustBeReleased = (child: ChildObject, pipeline: OrderPipeline): boolean =>
  child.kind === 'KafkaTopic' && pipeline.spec.deletionPolicy !== 'Delete' && isOwnedBy(child, pipeline)

/**
 * Whether a child that is not wanted any more may be deleted. A topic that Retain left behind
 * carries no owner: a later policy, or a later pipeline of the same name, must not delete it. Of a
 * deleted pipeline nothing may go that lost its owner reference: that is how `--cascade=orphan`
 * keeps it.
 */
export const mayBeDeleted = (child: ChildObject, pipeline: OrderPipeline): boolean => {
  if (otherOwner(child, pipeline) !== undefined) return false
  if (pipeline.metadata.deletionTimestamp !== undefined && !isOwnedBy(child, pipeline)) return false
  return child.kind !== 'KafkaTopic' || (pipeline.spec.deletionPolicy === 'Delete' && isOwnedBy(child, pipeline))
}

/**
 * Whether the pipeline was deleted with `--cascade=orphan`, so that whatever it made stays. The
 * garbage collector takes its finalizer off when it has taken off the owner references; from then
 * on it shows in the children.
 */
export const isOrphaning = ({ metadata }: OrderPipeline, children: readonly ChildObject[]): boolean =>
  metadata.deletionTimestamp !== undefined &&
  ((metadata.finalizers?.includes('orphan') ?? false) ||
    children.some(({ kind, metadata: child }) => kind !== 'KafkaTopic' && (child.ownerReferences ?? []).length === 0))

/**
 * Whether a deletion must wait for the operator: to delete topics of an external Kafka cluster, or
 * to release KafkaTopics should the policy be changed from Delete just before. All else has owner
 * references, so that nothing hangs when the operator is gone first.
 */
export const needsFinalizer = (pipeline: OrderPipeline, children: readonly ChildObject[]): boolean =>
  pipeline.spec.deletionPolicy === 'Delete' || children.some((child) => mustBeReleased(child, pipeline))
