// Which changes of a pipeline are worth a pass, and how soon?
import type { ChildObject, OrderPipeline } from '../api/index.ts'
import type { Change } from '../kube/object-store.ts'
import { concerns, fingerprintAnnotation, retryAnnotation } from '../pipeline/index.ts'
import type { Priority } from '../runtime/work-queue.ts'

/** Our own status writes are no reason to look again, what another installation writes is. */
export const isNews = (change: Change, own: string): boolean => {
  if (change.kind === 'gone') return true
  const [now, before] = [change.object.metadata, change.before()?.metadata]
  const [record, recordBefore] = [change.object, change.before()].map(
    (one) => (one as OrderPipeline | undefined)?.status?.operator,
  )
  return (
    !before ||
    (JSON.stringify(record) !== JSON.stringify(recordBefore) && concerns(record, own)) ||
    now.uid !== before.uid ||
    now.generation !== before.generation ||
    now.deletionTimestamp !== before.deletionTimestamp ||
    now.annotations?.[retryAnnotation] !== before.annotations?.[retryAnnotation] ||
    JSON.stringify(now.finalizers) !== JSON.stringify(before.finalizers)
  )
}

/**
 * Whether a change of a child is only that it was made, by us: no status says anything yet, and
 * whoever makes one of it brings another change. A pass over it would find nothing to do.
 */
export const isOwnCreation = (change: Change): boolean => {
  if (change.kind === 'gone' || change.before() !== undefined) return false
  const { metadata, status } = change.object as ChildObject & { readonly status?: object }
  return metadata.annotations?.[fingerprintAnnotation] !== undefined && Object.keys(status ?? {}).length === 0
}

/**
 * What was not followed yet, by us or by the operator before us, is somebody's edit; the rest of a
 * listing is not.
 */
export const priorityOf = ({ kind, object }: Change): Priority => {
  const { metadata, status } = object as OrderPipeline
  const followed =
    kind === 'gone' || (!metadata.deletionTimestamp && status?.observedGeneration === metadata.generation)
  return followed ? 'background' : 'edit'
}
