import { describe, expect, it } from 'vitest'
import type { ChildObject, OrderPipeline } from '../api/index.ts'
import { desired } from '../pipeline/index.ts'
import { updateLimiter } from './updates.ts'

const settings = { imagePullPolicy: 'IfNotPresent', serviceDomain: 'svc' }

function pipeline(name: string, image: string, rolledOut = true): OrderPipeline {
  return {
    apiVersion: 'orderpipeline.dev/v1alpha1',
    kind: 'OrderPipeline',
    metadata: { name, namespace: 'default', uid: `${name}-uid`, generation: 1 },
    spec: {
      kafka: { strimziCluster: 'kafka' },
      topics: [{ name: 'orders.status' }],
      stages: [
        {
          name: 'notification',
          consumes: [{ topic: 'orders.status' }],
          scaling: { minReplicas: 1, maxReplicas: 2, lagPerReplica: 10 },
        },
      ],
    },
    status: {
      services: { image },
      conditions: [
        {
          ...{ type: 'RolledOut', status: rolledOut ? 'True' : 'False', reason: 'AllReady', message: '' },
          ...{ lastTransitionTime: '2026-01-01T00:00:00Z', observedGeneration: 1 },
        },
      ],
    },
  }
}

/** Every part proven with `image`. */
function proven(name: string, image: string): ChildObject[] {
  const desiredOf = (children: readonly ChildObject[]) =>
    desired(pipeline(name, image), children, { ...settings, servicesImage: image })
  const status = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 }
  const ready = desiredOf([]).map((child) =>
    child.kind === 'Deployment' ? { ...child, spec: { ...child.spec, replicas: 1 }, status } : child,
  )
  return desiredOf(ready)
}

function turns(atOnce: number, all: readonly { pipeline: OrderPipeline; children: ChildObject[] }[] = []) {
  const freed: string[] = []
  const on = { all: () => all, free: (key: string) => void freed.push(key) }
  const updates = updateLimiter(on, { brought: 'services:2', usual: 'Automatic', atOnce })
  return {
    freed,
    forget: updates.forget,
    nextImage: (name: string, image: string, runs = image) =>
      updates.nextImage(pipeline(name, image), proven(name, runs)),
  }
}

describe('moves to a newer services image', () => {
  it('are limited in number at once, and the next one follows when one is done', () => {
    const on = turns(2)
    expect(['a', 'b', 'c', 'd'].map((name) => on.nextImage(name, 'services:1'))).toEqual([
      'services:2',
      'services:2',
      undefined,
      undefined,
    ])
    expect(on.nextImage('a', 'services:2', 'services:1')).toBeUndefined() // on record, and under way
    expect(on.freed).toEqual([])
    on.nextImage('a', 'services:2')
    expect(on.freed).toEqual(['default/c'])
    expect(on.nextImage('d', 'services:1')).toBe('services:2')
    expect(on.nextImage('c', 'services:1')).toBeUndefined()
    on.nextImage('b', 'services:2')
    expect(on.freed).toEqual(['default/c', 'default/c'])
    expect(on.nextImage('c', 'services:1')).toBe('services:2')
  })

  it('in progress at the start of the operator count', () => {
    const moving = { pipeline: pipeline('a', 'services:2', false), children: proven('a', 'services:1') }
    const on = turns(1, [moving])
    expect(on.nextImage('b', 'services:1')).toBeUndefined()
    on.nextImage('a', 'services:2')
    expect(on.freed).toEqual(['default/b'])
  })

  it('free their slot when the pipeline is deleted', () => {
    const on = turns(1)
    on.nextImage('a', 'services:1')
    expect(on.nextImage('b', 'services:1')).toBeUndefined()
    on.forget('default/a')
    expect(on.freed).toEqual(['default/b'])
  })
})
