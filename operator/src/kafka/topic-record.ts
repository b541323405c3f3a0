// How does what was made in Kafka get into a pipeline's status? By a field manager of its own, so
// that neither it nor the rest of the status can take the other away, whichever is written later.
import { type KafkaRecord, orderPipelines, type OrderPipeline } from '../api/index.ts'
import { ApiError, ConnectionError, isNotFound } from '../kube/errors.ts'
import type { Kube } from '../kube/port.ts'

/** `false` when it could not be written; a later round tries again. */
export const recordTopics = async (
  kube: Kube,
  noted: (pipeline: OrderPipeline) => void,
  failed: (error: unknown) => void,
  { apiVersion, kind, metadata }: OrderPipeline,
  kafka: KafkaRecord,
): Promise<boolean> => {
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
