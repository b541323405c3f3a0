// How do the created topics get into a pipeline's status? By a field manager of their own, so that
// neither a write of them nor one of the rest of the status removes the other.
import { orderPipelines } from '../api/index.ts'
import type { KafkaRecord, OrderPipeline } from '../api/index.ts'
import { ApiError, ConnectionError, isNotFound } from '../kube/errors.ts'
import type { Kube } from '../kube/port.ts'

/** `false` when it could not be written; a later pass tries again. */
export async function recordTopics(
  kube: Kube,
  noted: (pipeline: OrderPipeline) => void,
  failed: (error: unknown) => void,
  { apiVersion, kind, metadata }: OrderPipeline,
  kafka: KafkaRecord,
): Promise<boolean> {
  const { name, namespace, uid } = metadata
  const own = { name, ...(namespace ? { namespace } : {}), ...(uid ? { uid } : {}) }
  try {
    const answer = await kube.applyStatus(orderPipelines, { apiVersion, kind, metadata: own, status: { kafka } })
    noted(answer as OrderPipeline)
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    if (!(error instanceof ApiError) && !(error instanceof ConnectionError)) throw error
    failed(error)
    return false
  }
}
