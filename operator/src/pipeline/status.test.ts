import { describe, expect, it } from 'vitest'
import type { ChildObject, OrderPipeline } from '../api/index.ts'
import { desired } from './desired.ts'
import { type StatusChange, statusChange } from './status-change.ts'
import { type Seen, statusOf } from './status.ts'
import { pipeline, settings, stage } from './testing.ts'

const ready = { conditions: [{ type: 'Ready', status: 'True' }] }
const settled = (of: OrderPipeline, readyReplicas = 5): ChildObject[] =>
  desired(of, [], settings).map((object) => {
    const metadata = { ...object.metadata, generation: 1 }
    if (object.kind !== 'Deployment') return { ...object, metadata, status: ready }
    const status = { observedGeneration: 1, replicas: 7, readyReplicas }
    return { ...object, metadata, spec: { ...object.spec, replicas: 7 }, status }
  })
const seen = (changes: Partial<Seen> = {}): Seen => {
  const of = changes.pipeline ?? pipeline()
  return {
    pipeline: of,
    children: settled(of),
    problems: [],
    failures: [],
    lag: new Map([['payment', { lag: 40 }]]),
    ...changes,
  }
}
const condition = (of: Seen, type: string) => statusOf(of, 'now').conditions?.find((one) => one.type === type)

describe('a status', () => {
  it('is Ready with its totals when topics, replicas and scaling are', () => {
    const status = statusOf(seen(), 'now')
    expect(status.conditions?.map(({ type, status: holds }) => `${type}=${holds}`)).toEqual([
      'Ready=True',
      'Configured=True',
      'TopicsReady=True',
      'WorkloadsReady=True',
      'ScalingReady=True',
    ])
    expect(status.totals).toEqual({ stages: '1/1', replicas: '5/7', lag: 40 })
    expect(status.stages).toEqual([{ name: 'payment', replicas: 7, readyReplicas: 5, desiredReplicas: 7, lag: 40 }])
  })

  it('takes the reason of what is missing first', () => {
    const waiting = seen({ children: settled(pipeline(), 3) })
    expect(condition(waiting, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ReplicasNotReady',
      message: 'shop-payment has 3 of at least 5 replicas ready',
    })
  })

  it('repeats what a topic says of itself', () => {
    const status = {
      conditions: [{ type: 'Ready', status: 'False', reason: 'NotSupported', message: 'fewer partitions' }],
    }
    const children = settled(pipeline()).map((child) =>
      child.metadata.name === 'shop.inventory.updated' ? { ...child, status } : child,
    )
    expect(condition(seen({ children }), 'TopicsReady')?.message).toBe(
      'shop.inventory.updated: NotSupported, fewer partitions',
    )
  })

  it('does not take the word of a child about an older generation', () => {
    const children = settled(pipeline()).map((child) => ({ ...child, metadata: { ...child.metadata, generation: 2 } }))
    expect(condition(seen({ children }), 'WorkloadsReady')?.message).toBe('shop-payment has a change not yet acted on')
  })

  it('stays ready while a Deployment is being scaled, but not while an edit is carried out', () => {
    const children = settled(pipeline()).map((child) => ({ ...child, metadata: { ...child.metadata, generation: 2 } }))
    const at = (generation: number, status: OrderPipeline['status']): OrderPipeline => {
      const plain = pipeline()
      return { ...plain, metadata: { ...plain.metadata, generation }, ...(status && { status }) }
    }
    const before = statusOf(seen({ pipeline: at(3, undefined) }), 'before')
    const workloads = (generation: number) =>
      condition(seen({ pipeline: at(generation, before), children }), 'WorkloadsReady')?.status
    expect(workloads(3)).toBe('True')
    expect(workloads(4)).toBe('False')
  })

  it('says which maximum a topic made for less cannot carry, and what to write', () => {
    const small = pipeline({ stages: [stage({ scaling: { minReplicas: 5, maxReplicas: 45, lagPerReplica: 1 } })] })
    const scaling = condition(seen({ children: settled(small) }), 'ScalingReady')
    expect(scaling).toMatchObject({ status: 'True', reason: 'MaximumUnreachable' })
    expect(scaling?.message).toContain(
      'reaches about 45 of 100 replicas: topic inventory.updated has 50 partitions and needs 110',
    )
  })

  it('names path and reason of a problem and keeps what it knew of the rest', () => {
    const status = statusOf(seen(), 'before')
    const problems = [
      { path: 'spec.database.maxConnections', reason: 'ConnectionBudgetExceeded', message: 'too few' } as const,
    ]
    const wrong = seen({ pipeline: { ...pipeline(), status }, problems, children: [] })
    expect(condition(wrong, 'Configured')).toMatchObject({
      status: 'False',
      reason: 'ConnectionBudgetExceeded',
      message: 'spec.database.maxConnections: too few',
    })
    expect(condition(wrong, 'WorkloadsReady')).toMatchObject({ status: 'True', lastTransitionTime: 'before' })
    expect(condition(wrong, 'Ready')?.reason).toBe('ConnectionBudgetExceeded')
  })

  it('is not Ready while suspended', () => {
    expect(condition(seen({ pipeline: pipeline({ suspend: true }) }), 'Ready')).toMatchObject({
      status: 'False',
      reason: 'Suspended',
    })
  })

  it('has no lag in its totals while that of a stage is unknown', () => {
    expect(statusOf(seen({ lag: new Map() }), 'now').totals).toEqual({ stages: '1/1', replicas: '5/7' })
  })
})

describe('a status is written', () => {
  const limits = { countsMs: 1000, lagMs: 10_000 }
  const status = (lag: number, readyReplicas = 5) =>
    statusOf(seen({ children: settled(pipeline(), readyReplicas), lag: new Map([['payment', { lag }]]) }), 'now')
  const change = (before: ReturnType<typeof status>, after: ReturnType<typeof status>, ms: number): StatusChange =>
    statusChange(before, after, ms, limits)

  it('at once when a condition changes or lag comes and goes', () => {
    expect(change(status(40, 5), status(40, 4), 0)).toEqual({ write: 'now' })
    expect(change(status(40), status(0), 0)).toEqual({ write: 'now' })
  })

  it('after a while when only figures move', () => {
    expect(change(status(40), status(60), 2000)).toEqual({ write: 'later', waitMs: 8000 })
    expect(change(status(40), status(60), 10_000)).toEqual({ write: 'now' })
    expect(change(status(40, 5), status(40, 6), 400)).toEqual({ write: 'later', waitMs: 600 })
  })

  it('never for what nobody would act on', () => {
    expect(change(status(12_340), status(12_290), 60_000)).toEqual({ write: 'never' })
  })
})
