// Whose is an object? Only what carries our owner reference, or nobody's but our labels (a retained topic), may be touched.
import type { KubeObject, OrderPipeline } from '../api/index.ts'
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
