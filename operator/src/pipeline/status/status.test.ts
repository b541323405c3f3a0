import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChildObject, OrderPipeline } from '../../api/index.ts'
import { desired } from '../desired/desired.ts'
import { statusChange } from './status-change.ts'
import type { StatusChange } from './status-change.ts'
import { statusOf, statusWithFigures } from './status.ts'
import type { PipelineObservation } from './status.ts'
import { pipeline, settings, stage } from '../testing.ts'

const ready = { conditions: [{ type: 'Ready', status: 'True' }] }
function settled(of: OrderPipeline, readyReplicas = 5): ChildObject[] {
  return desired(of, [], settings).map((object) => {
    const metadata = { ...object.metadata, generation: 1 }
    if (object.kind !== 'Deployment') return { ...object, metadata, status: ready }
    const status = { observedGeneration: 1, replicas: 7, readyReplicas }
    return { ...object, metadata, spec: { ...object.spec, replicas: 7 }, status }
  })
}
function observation(changes: Partial<PipelineObservation> = {}): PipelineObservation {
  const of = changes.pipeline ?? pipeline()
  return {
    pipeline: of,
    children: settled(of),
    problems: [],
    failures: [],
    lag: new Map([['payment', { lag: 40 }]]),
    throughput: new Map(),
    ...changes,
  }
}
function condition(of: PipelineObservation, type: string) {
  return statusOf(of, 'now').conditions?.find((one) => one.type === type)
}

describe('a status', () => {
  it('is Ready with its totals when topics, replicas and scaling are', () => {
    const status = statusOf(observation(), 'now')
    expect(status.conditions?.map(({ type, status: holds }) => `${type}=${holds}`)).toEqual([
      'Ready=True',
      'Configured=True',
      'TopicsReady=True',
      'WorkloadsReady=True',
      'ScalingReady=True',
      'RolledOut=False', // its first version is not known to be complete yet
    ])
    expect(status.totals).toEqual({ stages: '1/1', replicas: '5/7', lag: 40 })
    expect(status.stages).toMatchObject([
      { name: 'payment', replicas: 7, readyReplicas: 5, desiredReplicas: 7, lag: 40 },
    ])
  })

  it('reports a built-in gateway without a choice of authentication, and does not change it', () => {
    const gateway = { scaling: { minReplicas: 1, maxReplicas: 2, cpuPercent: 70 } }
    const configured = (more: object) =>
      condition(observation({ pipeline: pipeline({ gateway: { ...gateway, ...more } }) }), 'Configured')
    expect(configured({})).toMatchObject({ status: 'True', reason: 'AuthenticationUnset' })
    expect(configured({ image: 'mirror/services:1', builtIn: true })?.message).toContain('AUTH=none')
    for (const more of [
      { env: [{ name: 'AUTH', value: 'none' }] },
      { env: [{ name: 'AUTH_ALGORITHMS', value: 'RS256' }] },
      { image: 'mine:1' },
    ])
      expect(configured(more)).toMatchObject({ status: 'True', reason: 'Applied' })
    expect(condition(observation(), 'Configured')?.reason).toBe('Applied')
  })

  it('has the capacity of the pipeline, from measured work if there is any', () => {
    const of = pipeline({ stages: [stage({ workSeconds: 0.5, concurrency: 10 })] })
    expect(statusOf(observation({ pipeline: of }), 'now').capacity).toEqual({
      ordersPerSecond: 2000,
      bottleneck: 'payment',
    })
    const underLoad = statusOf(
      observation({ pipeline: of, throughput: new Map([['payment', { workSeconds: 1 }]]) }),
      'now',
    )
    expect(underLoad.stages?.[0]?.capacity).toEqual({
      ordersPerSecond: 1000,
      replicas: 100,
      workSeconds: 1,
      measured: true,
    })
    const restarted = observation({ pipeline: { ...of, status: { ...underLoad, observedGeneration: 1 } } })
    expect(statusOf(restarted, 'now').capacity?.ordersPerSecond).toBe(1000)
    const edited = observation({ pipeline: { ...of, status: { ...underLoad, observedGeneration: 0 } } })
    expect(statusOf(edited, 'now').capacity?.ordersPerSecond).toBe(2000)
  })

  it('counts orders on the topics that no stage writes to', () => {
    const of = pipeline({
      topics: [{ name: 'placed' }, { name: 'paid' }],
      stages: [
        stage({ name: 'orders', consumes: [{ topic: 'placed' }, { topic: 'paid' }] }),
        stage({ consumes: [{ topic: 'placed' }], emits: [{ topic: 'paid' }] }),
      ],
    })
    const arrivals = { 'shop.placed': 12.5, 'shop.paid': 12 }
    const status = statusOf(observation({ pipeline: of, lag: new Map([['orders', { arrivals }]]) }), 'now')
    expect(status.totals?.ordersPerSecond).toBe(12.5)
  })

  it('names the cause that refuses pods: a quota, a limit range, admission', () => {
    const withRefusal = (readyReplicas: number) =>
      settled(pipeline(), readyReplicas).map((child) => {
        const message = 'pods "shop-payment-x" is forbidden: exceeded quota: small'
        const conditions = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }]
        const status = { ...(child.status as object), conditions }
        return child.kind === 'Deployment' ? { ...child, status } : child
      })
    const message = 'shop-payment: pods "shop-payment-x" is forbidden: exceeded quota: small'
    const few = condition(observation({ children: withRefusal(3) }), 'Ready')
    expect(few).toMatchObject({ status: 'False', reason: 'PodsRefused', message })
    const enough = condition(observation({ children: withRefusal(5) }), 'WorkloadsReady')
    expect(enough).toMatchObject({ status: 'True', reason: 'PodsRefused', message })
  })

  it('has the reason of the first missing object', () => {
    const waiting = observation({ children: settled(pipeline(), 3) })
    expect(condition(waiting, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ReplicasNotReady',
      message: 'shop-payment has 3 of at least 5 replicas ready',
    })
  })

  describe('of a pipeline on an external Kafka', () => {
    const external = pipeline({ kafka: { external: { bootstrapServers: 'kafka:9092' } } })
    const few = new Map([['shop.inventory.updated', 10]])

    it('reports the topics, and the replicas that its partitions cannot reach', () => {
      const problems = [{ reason: 'TopicRefused', message: 'shop.x: INVALID_CONFIG' } as const]
      const refusal = observation({ pipeline: external, topics: { problems, partitions: few } })
      expect(condition(refusal, 'TopicsReady')).toMatchObject({ status: 'False', reason: 'TopicRefused' })
      expect(condition(refusal, 'ScalingReady')).toMatchObject({ reason: 'MaximumUnreachable' })
    })

    it('still names the topics that its pods wait for after a restart of the operator', () => {
      const deferredBy = (what: string) =>
        [{ object: 'Deployment shop-payment', cause: { reason: 'TopicsNotReady', what } }] as const
      const topics = { problems: [], partitions: few }
      const before = statusOf(
        observation({ pipeline: external, topics, deferred: deferredBy('topics that do not exist yet') }),
        'then',
      )
      const afterStart = observation({
        pipeline: { ...external, status: before },
        deferred: deferredBy('the Kafka cluster'),
      })
      expect(statusOf(afterStart, 'now').conditions).toEqual(before.conditions)
    })

    it('is not Ready before the first read of topics, and after a restart repeats the verdict for the same spec', () => {
      expect(condition(observation({ pipeline: external }), 'TopicsReady')?.reason).toBe('TopicsNotReady')
      const before = statusOf(observation({ pipeline: external, topics: { problems: [], partitions: few } }), 'then')
      const afterStart = observation({ pipeline: { ...external, status: before } })
      expect(statusOf(afterStart, 'now').conditions).toEqual(before.conditions)
      const edited = { ...external, metadata: { ...external.metadata, generation: 2 }, status: before }
      expect(condition(observation({ pipeline: edited }), 'TopicsReady')?.status).toBe('False')
    })
  })

  it('repeats the message of a topic', () => {
    const status = {
      conditions: [{ type: 'Ready', status: 'False', reason: 'NotSupported', message: 'fewer partitions' }],
    }
    const children = settled(pipeline()).map((child) =>
      child.metadata.name === 'shop.inventory.updated' ? { ...child, status } : child,
    )
    expect(condition(observation({ children }), 'TopicsReady')?.message).toBe(
      'shop.inventory.updated: NotSupported, fewer partitions',
    )
  })

  it('ignores the status of a child for an older generation', () => {
    const children = settled(pipeline()).map((child) => ({ ...child, metadata: { ...child.metadata, generation: 2 } }))
    expect(condition(observation({ children }), 'WorkloadsReady')?.message).toBe(
      'shop-payment has a change that its controller has not yet observed',
    )
  })

  it('stays ready while a Deployment is being scaled, but not while an edit is applied', () => {
    const children = settled(pipeline()).map((child) => ({ ...child, metadata: { ...child.metadata, generation: 2 } }))
    const at = (generation: number, status: OrderPipeline['status']): OrderPipeline => {
      const plain = pipeline()
      return { ...plain, metadata: { ...plain.metadata, generation }, ...(status && { status }) }
    }
    const before = statusOf(observation({ pipeline: at(3, undefined) }), 'before')
    const workloads = (generation: number) =>
      condition(observation({ pipeline: at(generation, before), children }), 'WorkloadsReady')?.status
    expect(workloads(3)).toBe('True')
    expect(workloads(4)).toBe('False')
  })

  it('names the maxReplicas that a smaller topic cannot reach, and the number to set', () => {
    const small = pipeline({ stages: [stage({ scaling: { minReplicas: 5, maxReplicas: 45, lagPerReplica: 1 } })] })
    const scaling = condition(observation({ children: settled(small) }), 'ScalingReady')
    expect(scaling).toMatchObject({ status: 'True', reason: 'MaximumUnreachable' })
    expect(scaling?.message).toContain(
      'reaches about 45 of 100 replicas: topic inventory.updated has 50 partitions and needs 110',
    )
  })

  it('has path and reason of a problem, and keeps the other conditions', () => {
    const status = statusOf(observation(), 'before')
    const problems = [
      { path: 'spec.database.maxConnections', reason: 'ConnectionBudgetExceeded', message: 'too few' } as const,
    ]
    const wrong = observation({ pipeline: { ...pipeline(), status }, problems, children: [] })
    expect(condition(wrong, 'Configured')).toMatchObject({
      status: 'False',
      reason: 'ConnectionBudgetExceeded',
      message: 'spec.database.maxConnections: too few',
    })
    expect(condition(wrong, 'WorkloadsReady')).toMatchObject({ status: 'True', lastTransitionTime: 'before' })
    expect(condition(wrong, 'Ready')?.reason).toBe('ConnectionBudgetExceeded')
  })

  it('is not Ready while suspended', () => {
    expect(condition(observation({ pipeline: pipeline({ suspend: true }) }), 'Ready')).toMatchObject({
      status: 'False',
      reason: 'Suspended',
    })
  })

  it('has the time since when it drains, until it is stopped', () => {
    const draining = (status?: OrderPipeline['status']) => {
      const of = { ...pipeline({ suspend: true }), ...(status ? { status } : {}) }
      return statusOf(observation({ pipeline: of, children: settled(pipeline()) }), 'now').drainingSince
    }
    expect([draining(), draining({ drainingSince: 'then' })]).toEqual(['now', 'then'])
    const stopped = { ...pipeline({ suspend: true }), status: { drainingSince: 'then' } }
    expect(statusOf(observation({ pipeline: stopped, children: [] }), 'now').drainingSince).toBeUndefined()
  })

  it('has the reason Suspended for workloads and scaling too, once every stage has stopped', () => {
    const suspended = pipeline({ suspend: true })
    const stopped = settled(suspended, 0).map((child) =>
      child.kind === 'Deployment' ? { ...child, spec: { ...child.spec, replicas: 0 } } : child,
    )
    for (const type of ['WorkloadsReady', 'ScalingReady'])
      expect(condition(observation({ pipeline: suspended, children: stopped }), type)?.reason).toBe('Suspended')
  })

  it('names the Secret that keeps replicas from running', () => {
    const trouble = 'CreateContainerConfigError: Secret nope: not found'
    const waiting = observation({ children: settled(pipeline(), 0), pods: new Map([['payment', { trouble }]]) })
    expect(condition(waiting, 'WorkloadsReady')?.message).toBe(
      'shop-payment has 0 of at least 5 replicas ready (CreateContainerConfigError: Secret nope: not found)',
    )
  })

  it('counts the open dead letters, and after a restart repeats the count until they are read', () => {
    const before = statusOf(observation({ lag: new Map([['payment', { lag: 0, deadLetters: 3 }]]) }), 'now')
    expect([before.totals?.deadLetters, before.stages?.[0]?.deadLetters]).toEqual([3, 3])
    const afterStart = observation({ pipeline: { ...pipeline(), status: before }, lag: new Map() })
    expect(statusOf(afterStart, 'now').totals?.deadLetters).toBe(3)
    expect(statusOf(observation(), 'now').totals).not.toHaveProperty('deadLetters')
  })

  it('has no lag in its totals while that of a stage is unknown', () => {
    expect(statusOf(observation({ lag: new Map() }), 'now').totals).toEqual({ stages: '1/1', replicas: '5/7' })
  })
})

describe('the operator writes a status', () => {
  const limits = { countsMs: 1000, lagMs: 10_000 }
  const status = (lag: number, readyReplicas = 5) =>
    statusOf(observation({ children: settled(pipeline(), readyReplicas), lag: new Map([['payment', { lag }]]) }), 'now')
  const change = (before: ReturnType<typeof status>, after: ReturnType<typeof status>, ms: number): StatusChange =>
    statusChange(before, after, ms, limits)

  it('at once when a condition changes or lag becomes known', () => {
    expect(change(status(40, 5), status(40, 4), 0)).toEqual({ write: 'now' })
    const unknown = statusOf(observation({ lag: new Map() }), 'now')
    expect(change(unknown, status(40), 0)).toEqual({ write: 'now' })
    expect(change(status(40), unknown, 0)).toEqual({ write: 'now' })
  })

  it('at once for the first open dead letter', () => {
    const withDeadLetters = (deadLetters: number) =>
      statusOf(observation({ lag: new Map([['payment', { lag: 0, deadLetters }]]) }), 'now')
    expect(change(withDeadLetters(0), withDeadLetters(1), 0)).toEqual({ write: 'now' })
    expect(change(withDeadLetters(1), withDeadLetters(2), 0)).toEqual({ write: 'later', waitMs: 1000 })
  })

  it('no more often with occasional messages than under load', () => {
    expect(change(status(0), status(1), 5000)).toEqual({ write: 'later', waitMs: 5000 })
    expect(change(status(1), status(0), 5000)).toEqual({ write: 'later', waitMs: 5000 })
  })

  it('after an interval when only figures change', () => {
    expect(change(status(40), status(60), 2000)).toEqual({ write: 'later', waitMs: 8000 })
    expect(change(status(40), status(60), 10_000)).toEqual({ write: 'now' })
    expect(change(status(40, 5), status(40, 6), 400)).toEqual({ write: 'later', waitMs: 600 })
  })

  it('when the desired replicas of a stage on flow have changed, and not for each of its decisions', () => {
    const scaling = { policy: 'Flow', minReplicas: 1, maxReplicas: 20, drainSeconds: 15 } as const
    const onFlow = pipeline({ stages: [stage({ scaling })] })
    const change1 = { at: '2026-01-01T00:00:00.000Z', from: 5, to: 7, reason: 'Backlog', message: '900 wait' }
    const withChange = (latest: Partial<typeof change1>, of = onFlow) =>
      statusOf(
        observation({ pipeline: of, lag: new Map([['payment', { lag: 0, lastScaling: { ...change1, ...latest } }]]) }),
        'now',
      )
    const before = withChange({})
    expect(before.stages?.[0]?.lastScaling).toEqual(change1)
    expect(change(before, withChange({}), 60_000)).toEqual({ write: 'never' })
    const later = withChange({ at: '2026-01-01T00:05:00.000Z', from: 7, to: 5, reason: 'Arrivals' })
    expect(change(before, later, 400)).toEqual({ write: 'later', waitMs: 600 })
    expect(withChange({}, pipeline()).stages?.[0]).not.toHaveProperty('lastScaling')
    const afterStart = observation({ pipeline: { ...onFlow, status: before }, lag: new Map([['payment', { lag: 0 }]]) })
    expect(change(before, statusOf(afterStart, 'now'), 60_000)).toEqual({ write: 'never' })
  })

  it('never for a change without a consequence', () => {
    expect(change(status(12_340), status(12_290), 60_000)).toEqual({ write: 'never' })
  })
})

describe('a status with new figures', () => {
  const figure = fc.integer({ min: 0, max: 100_000 })
  const figures = fc.record(
    {
      lag: figure,
      arrivedPerSecond: figure,
      consumedPerSecond: figure,
      secondsToDrain: figure,
      deadLetters: figure,
      arrivals: fc.record({ 'shop.inventory.updated': figure }),
    },
    { requiredKeys: [] },
  )
  const throughput = fc.record(
    {
      workSeconds: fc.double({ min: 0.001, max: 10, noNaN: true }),
      scaleOut: fc.record({ from: figure, to: figure, message: fc.string() }),
    },
    { requiredKeys: [] },
  )
  const byStage = <T>(value: T) => new Map([['payment', value]])
  const withStatus = (of: PipelineObservation, at: string): PipelineObservation => {
    const status = statusOf(of, at)
    return { ...of, pipeline: { ...of.pipeline, status } }
  }
  const gateway = { scaling: { minReplicas: 1, maxReplicas: 2, cpuPercent: 70 } }

  it('is the one that a whole look at every object would give', () => {
    fc.assert(
      fc.property(
        figures,
        throughput,
        figures,
        throughput,
        fc.boolean(),
        (lag, work, laterLag, laterWork, hasGateway) => {
          const of = pipeline(hasGateway ? { gateway } : {})
          const first = observation({ pipeline: of, lag: byStage(lag), throughput: byStage(work) })
          const laterObservation = {
            ...withStatus(first, 'then'),
            lag: byStage(laterLag),
            throughput: byStage(laterWork),
          }
          expect(statusWithFigures(laterObservation, laterObservation)).toEqual(statusOf(laterObservation, 'now'))
        },
      ),
    )
  })

  it('keeps the capacity where the topics are not looked at', () => {
    const settled = withStatus(observation({ throughput: byStage({ workSeconds: 0.5 }) }), 'then')
    const later = { ...settled, throughput: byStage({ workSeconds: 2 }) }
    expect(statusWithFigures(later)?.stages?.[0]?.capacity).toEqual(settled.pipeline.status?.stages?.[0]?.capacity)
    expect(statusWithFigures(later, later)?.stages?.[0]?.capacity?.workSeconds).toBe(2)
  })

  it('is left to a whole look where figures decide, or where the status is of another spec', () => {
    const settled = withStatus(observation(), 'then')
    const statusAfter = (changes: Partial<OrderPipeline>) =>
      statusWithFigures({ ...settled, pipeline: { ...settled.pipeline, ...changes } })
    const { metadata, spec } = settled.pipeline
    expect(statusAfter({})).toBeDefined()
    expect(statusAfter({ spec: { ...spec, suspend: true } })).toBeUndefined()
    expect(statusAfter({ metadata: { ...metadata, generation: 2 } })).toBeUndefined()
    expect(statusAfter({ metadata: { ...metadata, deletionTimestamp: 'now' } })).toBeUndefined()
    expect(statusAfter({ spec: { ...spec, stages: [stage({ name: 'shipping' })] } })).toBeUndefined()
    const { status: _status, ...unseen } = settled.pipeline
    expect(statusWithFigures({ ...settled, pipeline: unseen })).toBeUndefined()
  })
})
