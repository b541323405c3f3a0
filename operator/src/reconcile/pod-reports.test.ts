import { describe, expect, it } from 'vitest'
import type { ChildObject, OrderPipeline } from '../api/index.ts'
import type { Kube } from '../kube/port.ts'
import { desired } from '../pipeline/index.ts'
import { pipeline, settings } from '../pipeline/testing.ts'
import { podReports } from './pod-reports.ts'

const shop: OrderPipeline = pipeline()
const key = 'default/shop'
const revision = 'deployment.kubernetes.io/revision'
const stage = { 'orderpipeline.dev/stage': 'payment' }
function owner(kind: string, uid: string) {
  return { apiVersion: 'apps/v1', kind, name: uid, uid }
}

/** A new version of one stage, whose Deployment has this version as an object. */
function onTrial(resourceVersion = '1', progressDeadlineSeconds = 600): ChildObject[] {
  return desired(shop, [], settings).map((child) =>
    child.kind === 'Deployment'
      ? {
          ...child,
          metadata: {
            ...child.metadata,
            uid: 'd',
            resourceVersion,
            annotations: { ...child.metadata.annotations, [revision]: '1' },
          },
          spec: { ...child.spec, replicas: 2, progressDeadlineSeconds },
          status: { observedGeneration: 1 },
        }
      : child,
  )
}

/** An API server with one pod that cannot pull its image; counts how often pods are listed. */
function cluster() {
  const looks: number[] = []
  let [now, why] = [0, 'ContainerCreating']
  const replicaSet = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: 'r',
      uid: 'r',
      labels: stage,
      annotations: { [revision]: '1' },
      ownerReferences: [owner('Deployment', 'd')],
    },
  }
  const pod = () => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', labels: stage, ownerReferences: [owner('ReplicaSet', 'r')] },
    spec: { nodeName: 'node' },
    status: { containerStatuses: [{ image: 'x:nope', state: { waiting: { reason: why } } }] },
  })
  // eslint-disable-next-line @typescript-eslint/require-await -- the port is one
  const pages: Kube['pages'] = async function* ({ kind }) {
    if (kind === 'Pod') looks.push(now / 1000)
    yield { items: [kind === 'Pod' ? pod() : replicaSet], resourceVersion: '1' }
  }
  const reports = podReports(
    { pages },
    () => now,
    (error) => {
      throw error
    },
  )
  return {
    looks,
    reports,
    says: (reason: string) => (why = reason),
    /** A reconcile every five seconds, as other reasons may bring them. */
    passes: async (untilSeconds: number, children: readonly ChildObject[] = onTrial()) => {
      for (; now <= untilSeconds * 1000; now += 5000) await reports.reportsOf(shop, children, true)
    },
  }
}

describe('the pods of a version on trial', () => {
  it('are read with a growing interval while nothing changes, at least twice a minute', async () => {
    const { looks, passes, reports, says } = cluster()
    says('ImagePullBackOff')
    await passes(150)
    expect(looks).toEqual([0, 5, 15, 35, 60, 85, 110, 135])
    expect(reports.waitMs(key)).toBeLessThanOrEqual(30_000)
  })

  it('are read again soon after a change of them or their Deployment', async () => {
    const { looks, passes, says } = cluster()
    says('ImagePullBackOff')
    await passes(60)
    looks.length = 0
    await passes(75, onTrial('2'))
    expect(looks).toEqual([65, 70])
    says('CrashLoopBackOff')
    looks.length = 0
    await passes(100, onTrial('2'))
    expect(looks).toEqual([80, 85, 95])
  })

  it('are read at the deadline of the version', async () => {
    const { looks, passes, says } = cluster()
    says('ImagePullBackOff')
    await passes(60, onTrial('1', 20))
    expect(looks.slice(0, 4)).toEqual([0, 5, 15, 20])
  })
})
