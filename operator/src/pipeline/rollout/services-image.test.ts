import { describe, expect, it } from 'vitest'
import type { ChildObject, Deployment, OrderPipeline, OrderPipelineSpec, OrderPipelineStatus } from '../../api/index.ts'
import { desired } from '../desired/desired.ts'
import { moveOf, servicesImageOf, servicesStatus } from './services-image.ts'
import { pipeline, settings, stage } from '../testing.ts'

function of(spec: Partial<OrderPipelineSpec> = {}, status?: OrderPipelineStatus): OrderPipeline {
  return {
    ...pipeline({ stages: [stage({ name: 'orders' }), stage({ image: 'own:1', name: 'audit' })], ...spec }),
    ...(status ? { status } : {}),
  }
}
const rolledOut: OrderPipelineStatus = {
  conditions: [
    {
      ...{ type: 'RolledOut', status: 'True', reason: 'AllReady', message: '' },
      ...{ lastTransitionTime: '2026-01-01T00:00:00Z', observedGeneration: 1 },
    },
  ],
}
/**
 * Its Deployments once every replica is available: the second pass stores the proven pods on them.
 */
function running(image: string, spec: Partial<OrderPipelineSpec> = {}): ChildObject[] {
  const desiredFor = (children: readonly ChildObject[]) =>
    desired(of(spec, { services: { image } }), children, { ...settings, servicesImage: image })
  const ready = desiredFor([]).map((child) =>
    child.kind === 'Deployment'
      ? {
          ...child,
          spec: { ...child.spec, replicas: 5 },
          status: { observedGeneration: 1, replicas: 5, updatedReplicas: 5, readyReplicas: 5, availableReplicas: 5 },
        }
      : child,
  )
  return desiredFor(ready).map((child, index) => ({ ...child, status: ready[index]?.status }))
}
function images(objects: readonly ChildObject[]) {
  return objects
    .filter((child): child is Deployment => child.kind === 'Deployment')
    .map(({ spec }) => spec.template.spec?.containers[0]?.image)
}

describe('the services image of a pipeline', () => {
  it('is the operator’s for a new pipeline, and stays when the operator has another', () => {
    expect(servicesImageOf(of(), [], 'services:2')).toBe('services:2')
    expect(servicesImageOf(of({}, { services: { image: 'services:1' } }), [], 'services:2')).toBe('services:1')
  })

  it('is read from its Deployments if the status has no record, as after an upgrade', () => {
    const before = running('services:1')
    expect(servicesImageOf(of(), before, 'services:2')).toBe('services:1')
    expect(images(desired(of(), before, { ...settings, servicesImage: 'services:2' }))).toEqual(['services:1', 'own:1'])
  })

  it('is then that of most Deployments, since one that rolled back runs the previous version', () => {
    const spec = { stages: ['orders', 'payment', 'shipping'].map((name) => stage({ name })) }
    const before = running('services:1', spec).map((child) =>
      child.metadata.name === 'shop-orders' && child.kind === 'Deployment'
        ? (JSON.parse(JSON.stringify(child).replaceAll('services:1', 'services:0')) as Deployment)
        : child,
    )
    expect(servicesImageOf(of(spec), before, 'services:2')).toBe('services:1')
  })

  it('is first of all that of the spec', () => {
    const explicit = of({ image: 'mirror:3' }, { services: { image: 'services:1' } })
    expect(servicesImageOf(explicit, running('services:1'), 'services:2')).toBe('mirror:3')
    expect(images(desired(explicit, running('services:1'), settings))).toEqual(['mirror:3', 'own:1'])
  })

  it('is reported together with the operator’s if that is another, and not if no stage runs it', () => {
    const withRecord = of({}, { services: { image: 'services:1' } })
    expect(servicesStatus(withRecord, [], 'services:2')).toEqual({ image: 'services:1', available: 'services:2' })
    expect(servicesStatus(withRecord, [], 'services:1')).toEqual({ image: 'services:1' })
    expect(servicesStatus(withRecord, [], 'services:2', 'services:2')).toEqual({ image: 'services:2' })
    expect(servicesStatus(of({ stages: [stage({ image: 'own:1' })] }), [], 'services:2')).toBeUndefined()
  })
})

describe('a pipeline moves to the operator’s image by itself', () => {
  const children = running('services:1')
  const status = { ...rolledOut, services: { image: 'services:1' } }
  const automatic = { updates: 'Automatic' } as const

  it('only if its spec or the operator’s setting says so', () => {
    expect(moveOf(of(automatic, status), children, 'services:2', 'Manual')).toBe('due')
    expect(moveOf(of({}, status), children, 'services:2', 'Automatic')).toBe('due')
    expect(moveOf(of({}, status), children, 'services:2', 'Manual')).toBe('none')
    expect(moveOf(of({ updates: 'Manual' }, status), children, 'services:2', 'Automatic')).toBe('none')
    expect(moveOf(of(automatic, status), children, 'services:1', 'Manual')).toBe('none')
    expect(moveOf(of({ image: 'services:1' }, status), children, 'services:2', 'Automatic')).toBe('none')
  })

  it('only while every stage runs its desired version, and not while it is suspended', () => {
    expect(moveOf(of(automatic, { services: status.services }), children, 'services:2', 'Manual')).toBe('none')
    expect(moveOf(of({ ...automatic, suspend: true }, status), children, 'services:2', 'Manual')).toBe('none')
  })

  it('and counts as moving until each stage with the old image is stable with the new one', () => {
    const moving = of(automatic, { ...rolledOut, services: { image: 'services:2' } })
    expect(moveOf(moving, children, 'services:2', 'Manual')).toBe('moving')
    expect(moveOf(moving, running('services:2'), 'services:2', 'Manual')).toBe('none')
  })
})
