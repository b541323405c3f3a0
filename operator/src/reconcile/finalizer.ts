// Why does a deleted pipeline wait? Its finalizer holds it until nothing that must go is left.
import { type ChildObject, type KubeObject, orderPipelines, type OrderPipeline } from '../api/index.ts'
import type { Kube } from '../kube/port.ts'
import { isNotFound } from '../kube/errors.ts'
import { finalizer, otherOwner } from '../pipeline/index.ts'

export const hasFinalizer = ({ metadata }: OrderPipeline): boolean => metadata.finalizers?.includes(finalizer) ?? false

/**
 * By server-side apply: it adds or takes our own finalizer and no other, and cannot hit a later pipeline of the same name.
 * Returns what the API server answered; undefined when the pipeline was gone already.
 */
export const applyFinalizer = async (
  kube: Kube,
  { apiVersion, kind, metadata }: OrderPipeline,
  present: boolean,
): Promise<KubeObject | undefined> => {
  const { name, namespace, uid } = metadata
  const own = { name, ...(namespace ? { namespace } : {}), ...(uid ? { uid } : {}) }
  try {
    return await kube.apply(orderPipelines, {
      apiVersion,
      kind,
      metadata: { ...own, ...(present ? { finalizers: [finalizer] } : {}) },
    })
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** What others still hold by a finalizer of their own is theirs to finish; retained topics stay. */
export const isGone = (pipeline: OrderPipeline, children: readonly ChildObject[]): boolean =>
  children.every(
    (child) =>
      child.metadata.deletionTimestamp !== undefined ||
      otherOwner(child, pipeline) !== undefined ||
      (child.kind === 'KafkaTopic' && pipeline.spec.deletionPolicy !== 'Delete'),
  )
