import { describe, expect, it } from 'vitest'
import type { ChildObject, OrderPipeline } from '../api/index.ts'
import { desired, desiredOfDeleted } from './desired.ts'
import { plan } from './plan.ts'
import { pipeline, settings, stage } from './testing.ts'

const live = (of: OrderPipeline): ChildObject[] =>
  desired(of, [], settings).map((object) => ({
    ...object,
    metadata: { ...object.metadata, uid: `uid-${object.metadata.name}` },
  }))
const planned = (of: OrderPipeline, children: readonly ChildObject[]) =>
  plan(desired(of, children, settings), children, of).map(
    ({ kind, object }) => `${kind} ${object.kind} ${object.metadata.name}`,
  )
const change = (children: readonly ChildObject[], kind: string, edit: (child: ChildObject) => unknown): ChildObject[] =>
  children.map((child) => (child.kind === kind ? (edit(child) as ChildObject) : child))

describe('a plan', () => {
  it('makes everything of a new pipeline, what pods need before the pods, their autoscaler last', () => {
    expect(planned(pipeline(), [])).toEqual([
      'create KafkaTopic shop.inventory.updated',
      'create KafkaTopic shop.payment.dead-letters',
      'create ServiceAccount shop-payment',
      'create NetworkPolicy shop-payment',
      'create PodDisruptionBudget shop-payment',
      'create Deployment shop-payment',
      'create ScaledObject shop-payment',
    ])
  })

  it('starts a new Deployment at its least replicas, and never says replicas again', () => {
    const actions = plan(desired(pipeline(), [], settings), [], pipeline())
    const deployment = actions.find(({ object }) => object.kind === 'Deployment')
    expect(deployment).toMatchObject({ kind: 'create', startReplicas: 5 })
    expect(deployment?.object).not.toHaveProperty('spec.replicas')
  })

  it('does not start what is new in a suspended pipeline', () => {
    const suspended = pipeline({ suspend: true })
    const made = plan(desired(suspended, [], settings), [], suspended)
    expect(made.find(({ object }) => object.kind === 'Deployment')).toMatchObject({ startReplicas: 0 })
  })

  it('is empty for a settled pipeline', () => {
    expect(planned(pipeline(), live(pipeline()))).toEqual([])
  })

  it('touches only what an edit changes', () => {
    const edited = pipeline({ stages: [stage({ scaling: { minReplicas: 5, maxReplicas: 60, lagPerReplica: 30 } })] })
    expect(planned(edited, live(pipeline()))).toEqual(['apply ScaledObject shop-payment'])
  })

  it('puts back what somebody changed', () => {
    const children = change(live(pipeline()), 'ScaledObject', (child) => ({
      ...child,
      spec: { ...(child.spec as object), maxReplicaCount: 7 },
    }))
    expect(planned(pipeline(), children)).toEqual(['apply ScaledObject shop-payment'])
  })

  it('removes what a removed stage leaves, its autoscaler first, and keeps retained dead letters', () => {
    const both = pipeline({ stages: [stage(), stage({ name: 'notification' })] })
    expect(planned(pipeline(), live(both))).toEqual([
      'delete ScaledObject shop-notification',
      'delete Deployment shop-notification',
      'delete PodDisruptionBudget shop-notification',
      'delete NetworkPolicy shop-notification',
      'delete ServiceAccount shop-notification',
    ])
  })

  it('removes the dead letters too when the policy says so', () => {
    const both = pipeline({ deletionPolicy: 'Delete', stages: [stage(), stage({ name: 'notification' })] })
    expect(planned(pipeline({ deletionPolicy: 'Delete' }), live(both))).toContain(
      'delete KafkaTopic shop.notification.dead-letters',
    )
  })

  it('refuses to touch an object of somebody else', () => {
    const owner = { apiVersion: 'v1', kind: 'Other', name: 'theirs', uid: 'other', controller: true }
    const children = change(live(pipeline()), 'Deployment', (child) => ({
      ...child,
      spec: {},
      metadata: { ...child.metadata, ownerReferences: [owner] },
    }))
    const [action, ...others] = plan(desired(pipeline(), children, settings), children, pipeline())
    expect(action).toMatchObject({ kind: 'refuse', owner: 'Other theirs (other)' })
    expect(others).toEqual([])
  })

  it('waits for what is going before it makes it again', () => {
    const children = change(live(pipeline()), 'Deployment', (child) => ({
      ...child,
      metadata: { ...child.metadata, deletionTimestamp: 'now' },
    }))
    expect(planned(pipeline(), children)).toEqual([])
  })
})

describe('the plan of a deleted pipeline', () => {
  const unmake = (of: OrderPipeline, children: readonly ChildObject[]) =>
    plan(desiredOfDeleted(of, children), children, of).map(({ kind, object }) => `${kind} ${object.kind}`)

  it('deletes all but retained topics', () => {
    expect(unmake(pipeline(), live(pipeline()))).toEqual([
      'delete ScaledObject',
      'delete Deployment',
      'delete PodDisruptionBudget',
      'delete NetworkPolicy',
      'delete ServiceAccount',
    ])
  })

  it('deletes topics where the policy is Delete', () => {
    const of = pipeline({ deletionPolicy: 'Delete' })
    expect(unmake(of, live(of)).filter((action) => action === 'delete KafkaTopic')).toHaveLength(2)
  })

  it('frees retained topics of the owner they had when the policy was Delete', () => {
    const topics = live(pipeline({ deletionPolicy: 'Delete' })).filter(({ kind }) => kind === 'KafkaTopic')
    const actions = plan(desiredOfDeleted(pipeline(), topics), topics, pipeline())
    expect(actions.map(({ kind, object }) => [kind, object.metadata.ownerReferences])).toEqual([
      ['apply', undefined],
      ['apply', undefined],
    ])
  })
})
