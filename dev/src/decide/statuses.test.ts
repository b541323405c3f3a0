import { expect, it } from 'vitest'
import { endOf, podStatus } from './statuses.ts'
import type { ReplicaObservation } from './statuses.ts'

function replica(changes: Partial<ReplicaObservation> = {}): ReplicaObservation {
  return {
    ...{
      spec: { version: 'v' },
      state: 'running',
      ready: true,
      readySince: 0,
      draining: false,
      begun: true,
      restarts: 0,
    },
    ...{ waiting: undefined, lastCause: undefined },
    ...changes,
  }
}

it('the status of a process that has ended has the reason, as from a kubelet', () => {
  expect(endOf('ended with exit code 3')).toMatchObject({ exitCode: 3, reason: 'Error' })
  expect(endOf('ended with exit code 0')).toMatchObject({ exitCode: 0, reason: 'Completed' })
  expect(endOf('was ended by SIGKILL')).toMatchObject({ exitCode: 137 })
})

it('the status of a pod that waits for its restart has the reason', () => {
  const waiting = { reason: 'CrashLoopBackOff', message: 'ended with exit code 1' }
  const status = podStatus(
    replica({ state: 'waiting', ready: false, restarts: 2, waiting, lastCause: 'ended with exit code 1' }),
  )
  expect(status).toMatchObject({
    phase: 'Pending',
    conditions: [
      { type: 'PodScheduled', status: 'True' },
      { type: 'Ready', status: 'False' },
    ],
    containerStatuses: [{ restartCount: 2, state: { waiting }, lastState: { terminated: { exitCode: 1 } } }],
  })
})

it('the status of a pod that has not started yet is ContainerCreating', () => {
  const status = podStatus(replica({ state: 'waiting', ready: false, begun: false }))
  expect(status.containerStatuses[0]?.state).toEqual({ waiting: { reason: 'ContainerCreating' } })
})
