import { describe, expect, it } from 'vitest'
import type { ChildObject, OrderPipeline } from '../../api/index.ts'
import { blockedByTopics } from './awaited-topics.ts'
import { desired } from '../desired/desired.ts'
import { everyOf } from './missing-kinds.ts'
import { plan } from './plan.ts'
import { pipeline, settings, stage } from '../testing.ts'

const ready = { conditions: [{ type: 'Ready', status: 'True' }] }
const kafkaError = { conditions: [{ type: 'Ready', status: 'False', reason: 'KafkaError' }] }
function topics(of: OrderPipeline, status: (name: string) => unknown): ChildObject[] {
  return desired(of, [], settings)
    .filter(({ kind }) => kind === 'KafkaTopic')
    .map((object) => ({ ...object, status: status(object.metadata.name) }))
}
function workloads(of: OrderPipeline): ChildObject[] {
  return desired(of, [], settings).filter(({ kind }) => kind !== 'KafkaTopic')
}
function steps(of: OrderPipeline, children: readonly ChildObject[]) {
  return plan(desired(of, children, settings), children, of, blockedByTopics(of, children, undefined))
    .filter(({ object }) => object.kind === 'Deployment' || object.kind === 'ScaledObject')
    .map(({ kind, object }) => `${kind} ${object.kind}`)
}

describe('the workloads of a new stage', () => {
  it('are created after all its consumed topics and its dead-letter topic exist', () => {
    const of = pipeline()
    expect(steps(of, [])).toEqual(['hold Deployment', 'hold ScaledObject'])
    const oneIsMissing = topics(of, (name) => (name.endsWith('dead-letters') ? undefined : ready))
    expect(steps(of, oneIsMissing)).toEqual(['hold Deployment', 'hold ScaledObject'])
    expect(
      steps(
        of,
        topics(of, () => ready),
      ),
    ).toEqual(['create Deployment', 'create ScaledObject'])
  })

  it('wait for a topic that could not be created, but not for an existing one that cannot be changed', () => {
    const of = pipeline()
    expect(
      steps(
        of,
        topics(of, () => kafkaError),
      ),
    ).toEqual(['hold Deployment', 'hold ScaledObject'])
    expect(
      steps(
        of,
        topics(of, () => ({ ...kafkaError, topicId: 'id' })),
      ),
    ).toEqual(['create Deployment', 'create ScaledObject'])
  })

  it('do not wait for topics that the operator does not manage', () => {
    const of = pipeline()
    const unmanaged = { conditions: [{ type: 'Unmanaged', status: 'True' }] }
    expect(
      steps(
        of,
        topics(of, () => unmanaged),
      ),
    ).toEqual(['create Deployment', 'create ScaledObject'])
  })

  it('report that Strimzi is missing, instead of its topics', () => {
    const of = pipeline()
    const strimzi = { reason: 'StrimziMissing', what: 'Strimzi' } as const
    const blocked = new Map([...blockedByTopics(of, [], undefined), [everyOf('KafkaTopic'), strimzi] as const])
    const action = plan(desired(of, [], settings), [], of, blocked).find(({ object }) => object.kind === 'Deployment')
    expect(action).toMatchObject({ kind: 'hold', cause: strimzi })
  })

  it('name the topics that they wait for', () => {
    const cause = blockedByTopics(pipeline(), [], undefined).get('Topics/payment')
    expect(cause).toEqual({
      reason: 'TopicsNotReady',
      what: 'topics that do not exist yet (shop.inventory.updated, shop.payment.dead-letters)',
    })
  })
})

describe('the workloads of a running stage', () => {
  const before = pipeline()
  const after = pipeline({
    topics: [{ name: 'inventory.updated' }, { name: 'stock' }],
    stages: [stage({ consumes: [{ topic: 'inventory.updated' }, { topic: 'stock' }] })],
  })

  it('do not get a further topic before it exists', () => {
    const without = [...topics(before, () => ready), ...workloads(before)]
    expect(steps(after, without)).toEqual(['hold Deployment', 'hold ScaledObject'])
    const withIt = [...topics(after, () => ready), ...workloads(before)]
    expect(steps(after, withIt)).toEqual(['apply Deployment', 'apply ScaledObject'])
  })

  it('follow every change although a topic is not ready, for example one deleted by hand', () => {
    const edited = pipeline({ stages: [stage({ concurrency: 7 })] })
    const children = [...topics(before, () => kafkaError), ...workloads(before)]
    expect(steps(edited, children)).toContain('apply Deployment')
  })
})

describe('in an external Kafka cluster', () => {
  const of = pipeline({ kafka: { external: { bootstrapServers: 'kafka:9092' } } })
  const existingTopics = (...names: string[]) => ({ problems: [], partitions: new Map(names.map((name) => [name, 3])) })

  it('a new stage waits for a topic that Kafka refuses to create', () => {
    expect([...blockedByTopics(of, [], existingTopics('shop.inventory.updated')).keys()]).toContain('Topics/payment')
    const all = existingTopics('shop.inventory.updated', 'shop.payment.dead-letters')
    expect(blockedByTopics(of, [], all).size).toBe(0)
  })

  it('a new stage does not wait for topics if the operator may not read its Secret', () => {
    const problems = [{ reason: 'SecretForbidden', message: 'no' } as const]
    expect(blockedByTopics(of, [], { problems, partitions: new Map() }).size).toBe(0)
  })

  it('a running stage does not wait', () => {
    expect(blockedByTopics(of, workloads(of), existingTopics()).size).toBe(0)
  })
})
