// How does an announcement become an Event, exactly once? It is posted before the status that ends
// it is written, under a name made from its content: an operator that repeats it after a crash
// finds it there.
import type { KubeObject, OrderPipeline, OrderPipelineStatus, Resource } from '../api/index.ts'
import { isConflict, NotLeaderError } from '../kube/errors.ts'
import type { Kube } from '../kube/port.ts'
import { kubernetesEvents, fieldManager, fingerprintOf, namespaceOf } from '../pipeline/index.ts'
import type { KubernetesEvent } from '../pipeline/index.ts'

const events: Resource = { apiVersion: 'events.k8s.io/v1', kind: 'Event', plural: 'events' }
/** The API server refuses longer ones. */
const longestNote = 1024

export interface EventRecorder {
  /**
   * Posts what the change from the pipeline's status to `after` is worth. An Event that cannot be
   * posted delays nothing.
   */
  announce(pipeline: OrderPipeline, after: OrderPipelineStatus): Promise<void>
}

export function eventRecorder(
  kube: Pick<Kube, 'create'>,
  instance: string,
  now: () => number,
  failed: (error: unknown) => void,
): EventRecorder {
  const post = async (pipeline: OrderPipeline, announcement: KubernetesEvent): Promise<void> => {
    try {
      await kube.create(events, eventOf(pipeline, announcement, instance, now()))
    } catch (error) {
      if (error instanceof NotLeaderError) throw error
      if (!isConflict(error)) failed(error)
    }
  }
  return {
    announce: async (pipeline, after) => {
      await Promise.all(kubernetesEvents(pipeline.status, after).map((one) => post(pipeline, one)))
    },
  }
}

function eventOf(
  pipeline: OrderPipeline,
  announcement: KubernetesEvent,
  instance: string,
  at: number,
): KubeObject & Readonly<Record<string, unknown>> {
  const { name, uid } = pipeline.metadata
  const since = pipeline.status?.conditions?.map(({ type, lastTransitionTime }) => [type, lastTransitionTime])
  const namespace = namespaceOf(pipeline)
  return {
    apiVersion: events.apiVersion,
    kind: events.kind,
    metadata: { name: `${name}.${fingerprintOf([uid, announcement.reason, announcement.note, since])}`, namespace },
    eventTime: new Date(at).toISOString().replace('Z', '000Z'),
    reportingController: fieldManager,
    reportingInstance: instance.slice(0, 128),
    action: 'Reconcile',
    type: announcement.type,
    reason: announcement.reason,
    note: announcement.note.slice(0, longestNote),
    regarding: { apiVersion: pipeline.apiVersion, kind: pipeline.kind, name, namespace, uid },
  }
}
