// What if KEDA, or a Kafka cluster with its Topic Operator, is uninstalled before the pipelines?
// Its finalizer holds our objects in Terminating, and with them its definitions or their namespace.
// This operator removes the finalizer, of its own objects and once nothing else would.
//
// KEDA removes its finalizer within a second and needs nothing but the API server for it: after a
// minute it is not there, and it has no state of the object that would be lost. A Topic Operator
// may be late for good reasons, such as a Kafka that is down, and deletes the topic first: only
// where the Kafka resource is gone as well, nothing is left that could delete it.
import type { Logger } from 'pino'
import { resourceOf } from '../api/index.ts'
import type { ChildKind, KubeObject, Resource } from '../api/index.ts'
import { isConflict, isNotFound, NotLeaderError } from '../kube/errors.ts'
import type { Change } from '../kube/object-store.ts'
import type { Kube } from '../kube/port.ts'
import { heldInDeletion, kafkaClusterOf, namespaceOf } from '../pipeline/index.ts'
import type { HeldObject } from '../pipeline/index.ts'

export interface Leftovers {
  /** Takes note of a changed child. */
  note(change: Change): void
  close(): void
}

interface LeftoverReports {
  readonly released: (object: KubeObject, finalizer: string) => void
  readonly failed: (object: KubeObject, error: unknown) => void
}

export function leftoverReports(log: Logger): LeftoverReports {
  const identityOf = ({ kind, metadata: { namespace, name } }: KubeObject) => ({ kind, namespace, name })
  return {
    released: (object, finalizer) =>
      log.info(
        { ...identityOf(object), finalizer },
        'nothing would finish its deletion any more, the finalizer is removed',
      ),
    failed: (object, error) =>
      log.warn({ ...identityOf(object), error }, 'it stays in Terminating, its finalizer could not be removed'),
  }
}

/** How long an object has been held before it is looked at, and between two looks. */
export const heldMs = 60_000

const kafkas: Resource = { apiVersion: 'kafka.strimzi.io/v1', kind: 'Kafka', plural: 'kafkas' }

export function leftovers(
  kube: Pick<Kube, 'get' | 'setFinalizers'>,
  reports: LeftoverReports,
  waitMs = heldMs,
): Leftovers {
  const terminating = new Map<string, { object: KubeObject; readonly timer: NodeJS.Timeout }>()
  const keyOf = ({ kind, metadata }: KubeObject): string => `${kind} ${metadata.uid}`

  const forget = (key: string): void => {
    clearInterval(terminating.get(key)?.timer)
    terminating.delete(key)
  }

  const look = async (key: string): Promise<void> => {
    const object = terminating.get(key)?.object
    const holder = object && heldInDeletion(object)
    if (!holder) return
    try {
      if (!(await isAbandoned(kube, object, holder))) return
      const others = object.metadata.finalizers?.filter((one) => one !== holder.finalizer) ?? []
      await kube.setFinalizers(resourceOf(object.kind as ChildKind), object, others)
      forget(key)
      reports.released(object, holder.finalizer)
    } catch (error) {
      // Another replica acts, its object has just changed, or another writer was faster.
      if (error instanceof NotLeaderError || isConflict(error)) return
      if (isNotFound(error)) return forget(key)
      reports.failed(object, error)
    }
  }

  return {
    note: ({ kind, object }) => {
      const key = keyOf(object)
      if (kind === 'gone' || !heldInDeletion(object)) return forget(key)
      const entry = terminating.get(key)
      if (entry) {
        entry.object = object
        return
      }
      const timer = setInterval(() => void look(key), waitMs)
      timer.unref()
      terminating.set(key, { object, timer })
    },
    close: () => {
      for (const key of [...terminating.keys()]) forget(key)
    },
  }
}

async function isAbandoned(kube: Pick<Kube, 'get'>, object: KubeObject, { by }: HeldObject): Promise<boolean> {
  if (by === 'KEDA') return true
  const cluster = kafkaClusterOf(object)
  return cluster === undefined || (await kube.get(kafkas, namespaceOf(object), cluster)) === undefined
}
