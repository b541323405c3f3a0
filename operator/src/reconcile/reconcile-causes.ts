// Which changes of a pipeline are worth a reconcile, and how soon?
import type { ChildObject, OrderPipeline } from '../api/index.ts'
import type { Change } from '../kube/object-store.ts'
import { concerns, fingerprintAnnotation, retryAnnotation } from '../pipeline/index.ts'
import type { Priority } from '../runtime/work-queue.ts'

/** Our own status writes are no reason for a reconcile, those of another installation are. */
export function causesReconcile(change: Change, own: string): boolean {
  if (change.kind === 'gone') return true
  const previous = change.before?.() as OrderPipeline | undefined
  if (!previous) return true
  const [now, before] = [change.object.metadata, previous.metadata]
  const [record, recordBefore] = [(change.object as OrderPipeline).status?.operator, previous.status?.operator]
  return (
    (JSON.stringify(record) !== JSON.stringify(recordBefore) && concerns(record, own)) ||
    now.uid !== before.uid ||
    now.generation !== before.generation ||
    now.deletionTimestamp !== before.deletionTimestamp ||
    now.annotations?.[retryAnnotation] !== before.annotations?.[retryAnnotation] ||
    JSON.stringify(now.finalizers) !== JSON.stringify(before.finalizers)
  )
}

/**
 * Whether the change of a child is only its creation by us: it has no status yet, and a status
 * brings another change. A reconcile would find nothing to do.
 */
export function isOwnCreation(change: Change): boolean {
  if (change.kind === 'gone' || change.before !== undefined) return false
  const { metadata, status } = change.object as ChildObject & { readonly status?: object }
  return metadata.annotations?.[fingerprintAnnotation] !== undefined && Object.keys(status ?? {}).length === 0
}

/**
 * A generation that no operator has reconciled yet is a user's edit; the rest of a listing is not.
 */
export function priorityOf({ kind, object }: Change): Priority {
  const { metadata, status } = object as OrderPipeline
  const isReconciled =
    kind === 'gone' || (!metadata.deletionTimestamp && status?.observedGeneration === metadata.generation)
  return isReconciled ? 'background' : 'edit'
}
