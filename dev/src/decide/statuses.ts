// What do the statuses of a Deployment and of its pods say? As the controllers of a cluster write
// them, from the replicas that there are. Pure.
import type { Deployment } from '@orderpipeline/operator/api'

/** What keeps a Deployment from its replicas. */
export interface Limit {
  readonly most?: number
  readonly why?: string
}

export interface ReplicaObservation {
  readonly spec: { readonly version: string }
  readonly state: 'waiting' | 'starting' | 'running' | 'draining' | 'gone'
  readonly ready: boolean
  readonly readySince: number
  readonly draining: boolean
  readonly begun: boolean
  readonly restarts: number
  readonly waiting: { readonly reason: string; readonly message: string } | undefined
  readonly lastCause: string | undefined
}

/** Milliseconds; `since` is when its newest version last made progress. */
export interface Progress {
  readonly now: number
  readonly since: number
}

export function deploymentStatus(
  { metadata, spec }: Deployment,
  version: string,
  all: readonly ReplicaObservation[],
  { why }: Limit,
  { now, since }: Progress,
) {
  const replicas = all.filter(({ draining }) => !draining)
  const ready = replicas.filter((replica) => replica.ready)
  const restMs = (spec.minReadySeconds ?? 0) * 1_000
  const late = now - since > (spec.progressDeadlineSeconds ?? 600) * 1_000
  return {
    observedGeneration: metadata.generation ?? 0,
    replicas: replicas.length,
    readyReplicas: ready.length,
    updatedReplicas: replicas.filter((replica) => replica.spec.version === version).length,
    availableReplicas: ready.filter(({ readySince }) => now - readySince >= restMs).length,
    conditions: [
      late
        ? { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }
        : { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
      ...(why === undefined ? [] : [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: why }]),
    ],
  }
}

export function podStatus(replica: ReplicaObservation) {
  const { waiting, ready, restarts, lastCause } = replica
  const running = replica.state === 'running' || replica.state === 'starting' || replica.state === 'draining'
  const state = running
    ? { running: {} }
    : { waiting: replica.begun ? { ...waiting } : { reason: 'ContainerCreating' } }
  return {
    phase: running ? 'Running' : 'Pending',
    podIP: '127.0.0.1',
    conditions: [
      { type: 'PodScheduled', status: 'True' },
      { type: 'Ready', status: ready ? 'True' : 'False' },
    ],
    containerStatuses: [
      {
        name: 'stage',
        ready,
        restartCount: restarts,
        state,
        ...(lastCause === undefined ? {} : { lastState: { terminated: endOf(lastCause) } }),
      },
    ],
  }
}

/** From the words of the process table: `ended with exit code 1`, `was ended by SIGKILL`. */
export function endOf(cause: string): { readonly reason: string; readonly exitCode: number; readonly message: string } {
  const code = /exit code (\d+)/.exec(cause)?.[1]
  const signal = /ended by (\w+)/.exec(cause)?.[1]
  const exitCode = code !== undefined ? Number(code) : signal === 'SIGKILL' ? 137 : signal === 'SIGTERM' ? 143 : 255
  return { reason: exitCode === 0 ? 'Completed' : 'Error', exitCode, message: cause }
}
