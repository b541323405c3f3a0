// Why does a deleted pipeline wait? Its finalizer holds it until nothing that must go is left.
import { type ChildObject, type KubeObject, orderPipelines, type OrderPipeline } from '../api/index.ts'
import type { Kube } from '../kube/port.ts'
import { isNotFound } from '../kube/errors.ts'
import { finalizer, otherOwner } from '../pipeline/index.ts'

export const hasFinalizer = ({ metadata }: OrderPipeline): boolean => metadata.finalizers?.includes(finalizer) ?? false

/** Returns what the API server answered; undefined when the pipeline was gone already. */
export const addFinalizer = (
  kube: Kube,
  { apiVersion, kind, metadata }: OrderPipeline,
): Promise<KubeObject | undefined> => {
  const { name, namespace, uid } = metadata
  const own = { name, ...(namespace ? { namespace } : {}), ...(uid ? { uid } : {}) }
  return unlessGone(kube.apply(orderPipelines, { apiVersion, kind, metadata: { ...own, finalizers: [finalizer] } }))
}

/** Whoever put it there: one that came with a manifest is not ours to give up by apply, and would hold the pipeline for ever. */
export const removeFinalizer = (kube: Kube, pipeline: OrderPipeline): Promise<KubeObject | undefined> => {
  const others = pipeline.metadata.finalizers?.filter((name) => name !== finalizer) ?? []
  return unlessGone(kube.setFinalizers(orderPipelines, pipeline, others))
}

const unlessGone = async (write: Promise<KubeObject>): Promise<KubeObject | undefined> => {
  try {
    return await write
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
