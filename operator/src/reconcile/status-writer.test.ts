// How many writes of its status does a new pipeline cost?
import { expect, it } from 'vitest'
import type { OrderPipeline } from '../api/index.ts'
import type { Kube } from '../kube/port.ts'
import { desired } from '../pipeline/index.ts'
import type { Cause } from '../pipeline/index.ts'
import { statusWriter } from './status-writer.ts'
import type { StatusInput } from './status-writer.ts'

const pipeline: OrderPipeline = {
  apiVersion: 'orderpipeline.dev/v1alpha1',
  kind: 'OrderPipeline',
  metadata: { name: 'shop', namespace: 'default', uid: 'u', generation: 1, resourceVersion: '1' },
  spec: {
    kafka: { strimziCluster: 'kafka' },
    topics: [{ name: 'orders' }],
    stages: [
      {
        ...{ name: 'step', image: 'step:1', consumes: [{ topic: 'orders' }] },
        scaling: { minReplicas: 1, maxReplicas: 2, lagPerReplica: 10 },
      },
    ],
  },
}
const children = desired(pipeline, [], { servicesImage: 's', imagePullPolicy: 'IfNotPresent', serviceDomain: 'svc' })
const deployment = children.find(({ kind }) => kind === 'Deployment')

/** What a pass finds; `cause`: why the Deployment is held. */
function input(cause?: Cause, changes: Partial<StatusInput> = {}): StatusInput {
  return {
    ...{ pipeline, children, problems: [], blocked: new Map(), lag: new Map(), throughput: new Map(), pods: new Map() },
    ...{ topics: undefined, services: undefined, contested: [] },
    outcomes: cause && deployment ? [{ action: { kind: 'create', object: deployment }, deferredBy: cause }] : [],
    ...changes,
  }
}

function writer() {
  const reasons: (string | undefined)[] = []
  const clock = { ms: 0 }
  const kube = {
    applyStatus: (_: unknown, { status }: OrderPipeline) => {
      reasons.push(status?.conditions?.find(({ type }) => type === 'Configured')?.reason)
      return Promise.resolve(pipeline)
    },
  } as unknown as Kube
  const announcer = { announce: () => Promise.resolve() }
  const now = () => clock.ms
  const limits = { countsMs: 1000, lagMs: 10_000 }
  return {
    status: statusWriter(
      kube,
      announcer,
      (status) => status,
      () => undefined,
      { now, wall: now },
      limits,
    ),
    clock,
    written: reasons,
  }
}
const noTopics: Cause = { reason: 'TopicsNotReady', what: 'topics that are not there yet (shop.orders)' }

it('writes one status once the topics of a new pipeline are made, and none while they are', async () => {
  const { status, clock, written } = writer()
  expect(await status.write(input(noTopics))).toBe(1000)
  clock.ms = 300
  expect(await status.write(input(noTopics))).toBe(700)
  clock.ms = 400
  expect(await status.write(input())).toBeUndefined()
  expect(written).toEqual(['Applied'])
})

it('says after a while that the topics of a new pipeline are not there', async () => {
  const { status, clock, written } = writer()
  await status.write(input(noTopics))
  clock.ms = 1000
  expect(await status.write(input(noTopics))).toBeUndefined()
  expect(written).toEqual(['TopicsNotReady'])
})

it('says at once what a person has to act on, and what an edit of an older pipeline waits for', async () => {
  const { status, written } = writer()
  await status.write(input({ reason: 'StrimziMissing', what: 'Strimzi' }))
  await status.write(input(undefined, { problems: [{ path: 'spec', reason: 'DrainTooShort', message: 'no' }] }))
  await status.write(input(noTopics, { pipeline: { ...pipeline, status: { observedGeneration: 1 } } }))
  expect(written).toEqual(['StrimziMissing', 'DrainTooShort', 'TopicsNotReady'])
})
