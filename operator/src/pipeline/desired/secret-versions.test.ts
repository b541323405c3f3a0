import { describe, expect, it } from 'vitest'
import type { ChildObject, Deployment, OrderPipeline } from '../../api/index.ts'
import { desired } from './desired.ts'
import { plan } from '../plan/plan.ts'
import { pipeline, settings, stage } from '../testing.ts'

const secretsAnnotation = 'orderpipeline.dev/secrets'
const of: OrderPipeline = pipeline({
  database: { secretName: 'db', key: 'url' },
  stages: [stage({ name: 'orders' }), stage({ name: 'payment' }), stage({ name: 'audit', image: 'audit:1' })],
})
function digests(db: string | undefined) {
  return new Map(db === undefined ? [] : [['db/url', db]])
}
function isDeployment(child: ChildObject): child is Deployment {
  return child.kind === 'Deployment'
}

/** The objects as applied; `ready`: the names whose replicas are all available. */
function carriedOut(objects: readonly ChildObject[], ready: (name: string) => boolean = () => true): ChildObject[] {
  return objects.map((child) => {
    const metadata = { ...child.metadata, generation: 1 }
    if (!isDeployment(child)) return { ...child, metadata }
    const [replicas, available] = [5, ready(child.metadata.name) ? 5 : 0]
    const status = { observedGeneration: 1, replicas, updatedReplicas: replicas, availableReplicas: available }
    return { ...child, metadata, spec: { ...child.spec, replicas }, status }
  })
}
function desiredWith(children: readonly ChildObject[], db: string | undefined, spec = of) {
  return desired(spec, children, settings, new Map(), new Map(), digests(db))
}
function settledWith(db: string | undefined): ChildObject[] {
  return carriedOut(desiredWith(carriedOut(desiredWith([], db)), db))
}
function carried(children: readonly ChildObject[]) {
  return Object.fromEntries(
    children
      .filter(isDeployment)
      .map(({ metadata, spec }) => [metadata.name, spec.template.metadata?.annotations?.[secretsAnnotation]]),
  )
}

describe('the Secrets that pods take values from', () => {
  it('are in the pod template as digests, and cause no change while they are unchanged', () => {
    const settled = settledWith('one')
    expect(carried(settled)).toEqual({ 'shop-orders': 'one', 'shop-payment': 'one', 'shop-audit': 'one' })
    expect(plan(desiredWith(settled, 'one'), settled, of)).toEqual([])
  })

  it('replace the pods of one stage after the other when they change', () => {
    const first = desiredWith(settledWith('one'), 'two')
    expect(carried(first)).toEqual({ 'shop-orders': 'two', 'shop-payment': 'one', 'shop-audit': 'one' })
    const waiting = carriedOut(first, (name) => name !== 'shop-orders')
    expect(carried(desiredWith(waiting, 'two'))).toEqual(carried(first))
    const stable = carriedOut(desiredWith(carriedOut(first), 'two'))
    expect(carried(desiredWith(stable, 'two'))).toEqual({
      'shop-orders': 'two',
      'shop-payment': 'two',
      'shop-audit': 'one',
    })
  })

  it('do not change pods while they cannot be read', () => {
    const settled = settledWith('one')
    expect(plan(desiredWith(settled, undefined), settled, of)).toEqual([])
    expect(carried(settledWith(undefined))['shop-orders']).toBeUndefined()
  })

  it('are applied at once to a stage with 0 replicas', () => {
    const idle = settledWith('one').map((child) =>
      isDeployment(child) ? { ...child, spec: { ...child.spec, replicas: 0 } } : child,
    )
    expect(carried(desiredWith(idle, 'two'))).toEqual({
      'shop-orders': 'two',
      'shop-payment': 'two',
      'shop-audit': 'two',
    })
  })

  it('have no effect on a stage that uses none', () => {
    const alone = pipeline({ stages: [stage()] })
    expect(carried(desiredWith([], 'one', alone))).toEqual({ 'shop-payment': undefined })
  })
})
