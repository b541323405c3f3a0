import { describe, expect, it } from 'vitest'
import { resourceOf } from '../../api/index.ts'
import type { ChildObject, OrderPipeline } from '../../api/index.ts'
import { blockedByKafka } from './dependencies.ts'
import { desired } from '../desired/desired.ts'
import type { TopicProblem } from '../kafka/external-topics.ts'
import { blockedByAbsence } from './missing-kinds.ts'
import { isOrphaning, needsFinalizer } from '../children/ownership.ts'
import { plan } from './plan.ts'
import { pipeline, settings, stage } from '../testing.ts'

function live(of: OrderPipeline): ChildObject[] {
  return desired(of, [], settings).map((object) => ({
    ...object,
    metadata: { ...object.metadata, uid: `uid-${object.metadata.name}` },
  }))
}
function planned(of: OrderPipeline, children: readonly ChildObject[]) {
  return plan(desired(of, children, settings), children, of).map(
    ({ kind, object }) => `${kind} ${object.kind} ${object.metadata.name}`,
  )
}
function change(children: readonly ChildObject[], kind: string, edit: (child: ChildObject) => unknown): ChildObject[] {
  return children.map((child) => (child.kind === kind ? (edit(child) as ChildObject) : child))
}

describe('a plan', () => {
  it('creates every object of a new pipeline: first what pods need, then the pods, their autoscaler last', () => {
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

  it('starts a new Deployment at minReplicas, and never sets replicas again', () => {
    const actions = plan(desired(pipeline(), [], settings), [], pipeline())
    const deployment = actions.find(({ object }) => object.kind === 'Deployment')
    expect(deployment).toMatchObject({ kind: 'create', startReplicas: 5 })
    expect(deployment?.object).not.toHaveProperty('spec.replicas')
  })

  it('does not start a new stage of a suspended pipeline', () => {
    const suspended = pipeline({ suspend: true })
    const actions = plan(desired(suspended, [], settings), [], suspended)
    expect(actions.find(({ object }) => object.kind === 'Deployment')).toMatchObject({ startReplicas: 0 })
  })

  it('is empty for a settled pipeline', () => {
    expect(planned(pipeline(), live(pipeline()))).toEqual([])
  })

  it('changes only the objects that an edit concerns', () => {
    const edited = pipeline({ stages: [stage({ scaling: { minReplicas: 5, maxReplicas: 60, lagPerReplica: 30 } })] })
    expect(planned(edited, live(pipeline()))).toEqual(['apply ScaledObject shop-payment'])
  })

  it('restores fields that another writer changed', () => {
    const children = change(live(pipeline()), 'ScaledObject', (child) => ({
      ...child,
      spec: { ...(child.spec as object), maxReplicaCount: 7 },
    }))
    expect(planned(pipeline(), children)).toEqual(['apply ScaledObject shop-payment'])
  })

  it('deletes the objects of a removed stage, its autoscaler first, and keeps retained dead letters', () => {
    const both = pipeline({ stages: [stage(), stage({ name: 'notification' })] })
    expect(planned(pipeline(), live(both))).toEqual([
      'delete ScaledObject shop-notification',
      'delete Deployment shop-notification',
      'delete PodDisruptionBudget shop-notification',
      'delete NetworkPolicy shop-notification',
      'delete ServiceAccount shop-notification',
    ])
  })

  it('deletes the dead letters too with the policy Delete', () => {
    const both = pipeline({ deletionPolicy: 'Delete', stages: [stage(), stage({ name: 'notification' })] })
    expect(planned(pipeline({ deletionPolicy: 'Delete' }), live(both))).toContain(
      'delete KafkaTopic shop.notification.dead-letters',
    )
  })

  it('refuses to change an object of another owner', () => {
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

  describe('with a refused object', () => {
    const theirs = { apiVersion: 'v1', kind: 'Other', name: 'theirs', uid: 'other', controller: true }
    const withOtherOwner = (children: readonly ChildObject[], kind: string) =>
      change(children, kind, (child) => ({
        ...child,
        metadata: { ...child.metadata, ownerReferences: [theirs] },
      }))
    const scaled = { minReplicas: 6, maxReplicas: 80, lagPerReplica: 30 }
    const edited = pipeline({ stages: [stage({ concurrency: 77, scaling: scaled })] })
    const needs = ['hold Deployment shop-payment', 'hold ScaledObject shop-payment']

    it.each(['ServiceAccount', 'NetworkPolicy'])('neither creates nor changes a workload that needs the %s', (kind) => {
      const refusal = `refuse ${kind} shop-payment`
      expect(planned(edited, withOtherOwner(live(pipeline()), kind))).toEqual([refusal, ...needs])
      const alone = withOtherOwner(live(pipeline()), kind).filter((child) => child.kind === kind)
      expect(planned(edited, alone).filter((action) => !action.startsWith('create'))).toEqual([refusal, ...needs])
    })

    it('neither creates nor changes a workload that reads a topic of another owner, writes to it or has its dead letters there', () => {
      const [first, ...others] = live(pipeline())
      const children = [...withOtherOwner(first ? [first] : [], 'KafkaTopic'), ...others]
      expect(planned(edited, children)).toEqual(['refuse KafkaTopic shop.inventory.updated', ...needs])
    })

    it('neither creates, changes nor suspends an autoscaler for a Deployment of another owner', () => {
      const children = withOtherOwner(live(pipeline()), 'Deployment')
      const refusal = 'refuse Deployment shop-payment'
      expect(planned(edited, children)).toEqual([refusal, needs[1]])
      expect(planned(pipeline({ suspend: true }), children)).toEqual([refusal, needs[1]])
    })

    it('keeps running workloads: objects that equal the desired state are neither changed nor reported', () => {
      expect(planned(pipeline(), withOtherOwner(live(pipeline()), 'NetworkPolicy'))).toEqual([
        'refuse NetworkPolicy shop-payment',
      ])
    })

    it('continues with the stages that do not need it', () => {
      const both = pipeline({ stages: [stage({ concurrency: 77 }), stage({ name: 'orders', concurrency: 77 })] })
      const [account, ...others] = live(pipeline({ stages: [stage(), stage({ name: 'orders' })] })).sort(
        (a, b) => Number(b.kind === 'ServiceAccount') - Number(a.kind === 'ServiceAccount'),
      )
      const children = [...withOtherOwner(account ? [account] : [], 'ServiceAccount'), ...others]
      expect(planned(both, children)).toEqual([
        'refuse ServiceAccount shop-payment',
        'hold Deployment shop-payment',
        'apply Deployment shop-orders',
      ])
    })

    it('treats a name that the API server reported as taken like an object in the cache', () => {
      const foreignOwners = new Map([['Deployment/shop-payment', 'Helm']])
      const actions = plan(desired(pipeline(), [], settings), [], pipeline(), new Map(), foreignOwners)
      expect(actions.filter(({ kind }) => kind !== 'create')).toMatchObject([
        { kind: 'refuse', owner: 'Helm', object: { kind: 'Deployment' } },
        {
          kind: 'hold',
          cause: { reason: 'NotOwned', what: 'Deployment shop-payment' },
          object: { kind: 'ScaledObject' },
        },
      ])
    })
  })

  describe('in an external Kafka cluster', () => {
    const kafka = {
      external: { bootstrapServers: 'kafka:9092', sasl: { mechanism: 'PLAIN', secretName: 's' } },
    } as const
    const before = pipeline({ kafka })
    const elsewhere = pipeline({ kafka: { external: { ...kafka.external, bootstrapServers: 'elsewhere:9092' } } })
    const actions = (of: OrderPipeline, topics: Parameters<typeof blockedByKafka>[1]) =>
      plan(desired(of, live(before), settings), live(before), of, blockedByKafka(of, topics)).map(
        ({ kind, object }) => `${kind} ${object.kind}`,
      )
    const topicsWith = (...problems: TopicProblem[]) => ({ problems, partitions: new Map() })

    it.each(['NotOwned', 'KafkaClusterChanged'] as const)(
      'with topics of another pipeline (%s) does not change workloads',
      (reason) => {
        expect(actions(elsewhere, topicsWith({ reason, message: '' }))).toEqual([
          'hold Deployment',
          'hold ScaledObject',
        ])
        expect(actions(before, topicsWith({ reason, message: '' }))).toEqual([])
      },
    )

    it('does not change workloads until the owner of the topics is known', () => {
      expect(actions(elsewhere, undefined)).toEqual(['hold Deployment', 'hold ScaledObject'])
      expect(actions(elsewhere, topicsWith())).toEqual(['apply Deployment', 'apply ScaledObject'])
    })

    it('creates its objects where Strimzi is not installed', () => {
      const noStrimzi = blockedByAbsence(new Map([[resourceOf('KafkaTopic'), 'NotServed']]))
      const blocked = new Map([...blockedByKafka(before, topicsWith()), ...noStrimzi])
      const created = plan(desired(before, [], settings), [], before, blocked)
      expect(created.map(({ object }) => object.kind)).toEqual(expect.arrayContaining(['Deployment', 'ScaledObject']))
      expect(created.filter(({ kind }) => kind !== 'create')).toEqual([])
    })
  })

  it('waits for the end of a deletion before it creates the object again', () => {
    const children = change(live(pipeline()), 'Deployment', (child) => ({
      ...child,
      metadata: { ...child.metadata, deletionTimestamp: 'now' },
    }))
    expect(planned(pipeline(), children)).toEqual([])
  })
})

describe('the plan for topics', () => {
  const Delete = { deletionPolicy: 'Delete' } as const
  const dead = 'KafkaTopic shop.notification.dead-letters'
  const both = [stage(), stage({ name: 'notification' })]

  it('releases topics that the spec no longer names when the same edit changes the policy from Delete to Retain', () => {
    const children = live(pipeline({ ...Delete, stages: both }))
    expect(planned(pipeline(), children).filter((action) => action.includes('KafkaTopic'))).toEqual([
      'apply KafkaTopic shop.inventory.updated',
      'apply KafkaTopic shop.payment.dead-letters',
      `release ${dead}`,
    ])
  })

  it('releases a desired topic with an owner reference that this operator did not apply', () => {
    const owner = [{ apiVersion: 'v1', kind: 'OrderPipeline', name: 'shop', uid: 'pipeline-uid', controller: true }]
    const children = live(pipeline()).map((child) =>
      child.metadata.name === 'shop.inventory.updated'
        ? { ...child, metadata: { ...child.metadata, ownerReferences: owner } }
        : child,
    )
    expect(planned(pipeline(), children)).toEqual(['release KafkaTopic shop.inventory.updated'])
  })

  it('never deletes a topic that Retain has kept, although the policy is Delete now', () => {
    const children = live(pipeline({ stages: both }))
    expect(planned(pipeline(Delete), children).filter((action) => action.endsWith(dead))).toEqual([])
  })

  it('never deletes a topic that an earlier pipeline of the same name has retained', () => {
    const children = live({
      ...pipeline({ stages: both }),
      metadata: { name: 'shop', namespace: 'default', uid: 'first' },
    }).filter(({ kind }) => kind === 'KafkaTopic')
    const later = planned(pipeline(Delete), children)
    expect(later.filter((action) => action.includes('KafkaTopic'))).toEqual([
      'apply KafkaTopic shop.inventory.updated',
      'apply KafkaTopic shop.payment.dead-letters',
    ])
  })
})

describe('the plan of a deleted pipeline', () => {
  const deletedAt = { deletionTimestamp: '2026-01-01T00:00:00Z' }
  const unmake = (of: OrderPipeline, children: readonly ChildObject[]) =>
    plan([], children, of).map(({ kind, object }) => `${kind} ${object.kind}`)
  const topics = (actions: readonly string[]) => actions.filter((action) => action.endsWith('KafkaTopic'))

  it('deletes all but retained topics', () => {
    expect(unmake(pipeline({}, deletedAt), live(pipeline()))).toEqual([
      'delete ScaledObject',
      'delete Deployment',
      'delete PodDisruptionBudget',
      'delete NetworkPolicy',
      'delete ServiceAccount',
    ])
  })

  it('deletes topics where the policy is Delete', () => {
    const of = pipeline({ deletionPolicy: 'Delete' }, deletedAt)
    expect(topics(unmake(of, live(of)))).toEqual(['delete KafkaTopic', 'delete KafkaTopic'])
  })

  it('releases every retained topic with an owner reference from the policy Delete, declared or not', () => {
    const stages = [stage(), stage({ name: 'notification' })]
    const children = live(pipeline({ deletionPolicy: 'Delete', stages }))
    expect(topics(unmake(pipeline({}, deletedAt), children))).toEqual(Array(3).fill('release KafkaTopic'))
  })

  it('deletes no object without an owner reference, as after --cascade=orphan', () => {
    const of = pipeline({ deletionPolicy: 'Delete' }, deletedAt)
    const orphaned = live(of).map((child) => ({ ...child, metadata: { ...child.metadata, ownerReferences: [] } }))
    expect(unmake(of, orphaned)).toEqual([])
    expect([isOrphaning(of, orphaned), isOrphaning(of, live(of)), isOrphaning(pipeline(), orphaned)]).toEqual([
      true,
      false,
      false,
    ])
    expect(isOrphaning(pipeline({}, { ...deletedAt, finalizers: ['orphan'] }), live(of))).toBe(true)
  })
})

describe('a deleted pipeline waits for the operator', () => {
  it('only if topics must be deleted with it, or released before', () => {
    const Delete = pipeline({ deletionPolicy: 'Delete' })
    expect(needsFinalizer(pipeline(), live(pipeline()))).toBe(false)
    expect(needsFinalizer(Delete, [])).toBe(true)
    expect(needsFinalizer(pipeline(), live(Delete))).toBe(true)
  })
})
