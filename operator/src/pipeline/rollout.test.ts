import { describe, expect, it } from 'vitest'
import type {
  ChildObject,
  Deployment,
  DeploymentStatus,
  OrderPipeline,
  ScaledObject,
  Service,
  Stage,
} from '../api/index.ts'
import { desired } from './desired.ts'
import { livePart } from './live.ts'
import { versionAnnotations } from './names.ts'
import { plan } from './plan.ts'
import { rolloutOf } from './rollout.ts'
import { statusOf } from './status.ts'
import { pipeline, settings, stage } from './testing.ts'
import { maxUnavailable } from './workloads.ts'

/** What the cluster makes of the plan: as asked, with replicas of its own. */
const carryOut = (of: OrderPipeline, children: readonly ChildObject[]): ChildObject[] =>
  plan(desired(of, children, settings), children, of).reduce<ChildObject[]>(
    (all, action) => {
      const { kind, metadata } = action.object
      const same = (child: ChildObject): boolean => child.kind === kind && child.metadata.name === metadata.name
      const before = all.find(same)
      const others = all.filter((child) => !same(child))
      if (action.kind === 'delete') return others
      const { spec: was } = (before ?? {}) as Partial<Deployment>
      const replicas = (action.kind === 'create' ? (action.startReplicas ?? 1) : was?.replicas) ?? 1
      const generation = (before?.metadata.generation ?? 0) + 1
      const made = { ...action.object, metadata: { ...metadata, generation }, status: before?.status } as ChildObject
      return [...others, made.kind === 'Deployment' ? { ...made, spec: { ...made.spec, replicas } } : made]
    },
    [...children],
  )

const report = (children: readonly ChildObject[], name: string, status: (of: Deployment) => DeploymentStatus) =>
  children.map((child) =>
    child.kind === 'Deployment' && child.metadata.name === name
      ? { ...child, status: { observedGeneration: child.metadata.generation, ...status(child) } }
      : child,
  )
const available = (children: readonly ChildObject[], name: string) =>
  report(children, name, ({ spec: { replicas = 0 } }) => ({
    replicas,
    updatedReplicas: replicas,
    readyReplicas: replicas,
    availableReplicas: replicas,
  }))
const noProgress = (children: readonly ChildObject[], name: string) =>
  report(children, name, () => ({
    replicas: 6,
    updatedReplicas: 1,
    availableReplicas: 5,
    conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }],
  }))

const of = (changes: Partial<Stage>): OrderPipeline => pipeline({ stages: [stage({ image: 'payment:1', ...changes })] })
const deployments = (children: readonly ChildObject[]) =>
  Object.fromEntries(
    children
      .filter((child): child is Deployment => child.kind === 'Deployment')
      .map(({ metadata, spec }) => [metadata.name, spec.template.spec?.containers[0]?.image]),
  )
const target = (children: readonly ChildObject[]) =>
  children.find((child): child is ScaledObject => child.kind === 'ScaledObject')?.spec.scaleTargetRef.name
const phase = (children: readonly ChildObject[]) => rolloutOf(livePart(pipeline(), 'payment', children))?.phase
const settledFrom = (changes: Partial<Stage> = {}) => {
  const started = available(carryOut(of(changes), []), 'shop-payment')
  return available(carryOut(of(changes), started), 'shop-payment')
}

describe('a rolling update', () => {
  it('keeps the newest version that was ready, and then writes nothing more', () => {
    const started = carryOut(of({}), [])
    expect(phase(started)).toBe('Progressing')
    const settled = settledFrom()
    expect(phase(settled)).toBe('Stable')
    expect(plan(desired(of({}), settled, settings), settled, of({}))).toEqual([])
  })

  it('leaves the pipeline Ready as long as no more replicas are away than it may take away', () => {
    const tried = carryOut(of({ image: 'payment:2' }), settledFrom())
    const verdict = (readyReplicas: number) => {
      const children = report(tried, 'shop-payment', () => ({ replicas: 6, updatedReplicas: 2, readyReplicas }))
      const given = { pipeline: of({ image: 'payment:2' }), problems: [], failures: [], lag: new Map() }
      const { conditions = [] } = statusOf({ ...given, children, throughput: new Map() }, 'now')
      return conditions.find(({ type }) => type === 'WorkloadsReady')?.status
    }
    expect([3, 4].map(verdict)).toEqual(['False', 'True']) // a quarter of five
  })

  it('that makes no progress is undone to that version, until the spec is changed', () => {
    const tried = carryOut(of({ image: 'payment:2' }), settledFrom())
    expect(deployments(tried)).toEqual({ 'shop-payment': 'payment:2' })
    const stuck = noProgress(tried, 'shop-payment')
    const back = available(carryOut(of({ image: 'payment:2' }), stuck), 'shop-payment')
    expect([deployments(back), phase(back)]).toEqual([{ 'shop-payment': 'payment:1' }, 'RolledBack'])
    const still = carryOut(of({ image: 'payment:2' }), back)
    expect(deployments(still)).toEqual({ 'shop-payment': 'payment:1' })
    const mended = available(carryOut(of({ image: 'payment:3' }), still), 'shop-payment')
    const settled = carryOut(of({ image: 'payment:3' }), mended)
    expect([deployments(settled), phase(settled)]).toEqual([{ 'shop-payment': 'payment:3' }, 'Stable'])
  })

  it('is tried again when a person takes the mark away', () => {
    const stuck = noProgress(carryOut(of({ image: 'payment:2' }), settledFrom()), 'shop-payment')
    const back = carryOut(of({ image: 'payment:2' }), stuck).map((child): ChildObject => {
      const { [versionAnnotations.givenUp]: _removed, ...annotations } = child.metadata.annotations ?? {}
      return { ...child, metadata: { ...child.metadata, annotations } }
    })
    expect(deployments(carryOut(of({ image: 'payment:2' }), back))).toEqual({ 'shop-payment': 'payment:2' })
  })

  it('of a first version has nothing to go back to and goes on trying', () => {
    const stuck = noProgress(carryOut(of({}), []), 'shop-payment')
    expect(phase(carryOut(of({}), stuck))).toBe('Progressing')
  })

  it('takes away as many replicas as the lag budget allows', () => {
    const scaling = { minReplicas: 1, maxReplicas: 10 }
    const with_ = (drainSeconds: number) =>
      maxUnavailable(stage({ workSeconds: 0.1, concurrency: 10, scaling: { ...scaling, drainSeconds } }))
    expect([1, 8, 15, 300].map(with_)).toEqual(['10%', '20%', '38%', '50%'])
    expect(maxUnavailable(stage())).toBe('25%')
  })
})

describe('a blue-green update', () => {
  const strategy = { type: 'BlueGreen' } as const
  const both = (image: string, children = settledFrom({ strategy })) => carryOut(of({ strategy, image }), children)

  it('starts as many new replicas beside the old ones, which go on being scaled', () => {
    const grown = settledFrom({ strategy }).map((child) =>
      child.kind === 'Deployment' ? { ...child, spec: { ...child.spec, replicas: 12 } } : child,
    )
    const actions = plan(desired(of({ strategy, image: 'payment:2' }), grown, settings), grown, of({ strategy }))
    expect(actions).toMatchObject([
      { kind: 'create', object: { metadata: { name: 'shop-payment-green' } }, startReplicas: 12 },
    ])
    expect(target(both('payment:2'))).toBe('shop-payment')
  })

  it('changes over when all of them are available, and then lets the old ones go', () => {
    const waiting = both('payment:2')
    expect(deployments(both('payment:2', waiting))).toEqual({
      'shop-payment': 'payment:1',
      'shop-payment-green': 'payment:2',
    })
    const changed = both('payment:2', available(waiting, 'shop-payment-green'))
    expect([target(changed), Object.keys(deployments(changed)).length]).toEqual(['shop-payment-green', 2])
    const done = both('payment:2', changed)
    expect([deployments(done), phase(done)]).toEqual([{ 'shop-payment-green': 'payment:2' }, 'Stable'])
    expect(plan(desired(of({ strategy, image: 'payment:2' }), done, settings), done, of({ strategy }))).toEqual([])
    const next = both('payment:3', done)
    expect(deployments(next)).toEqual({ 'shop-payment-green': 'payment:2', 'shop-payment': 'payment:3' })
  })

  it('is given up when the new ones make no progress, and the old ones never notice', () => {
    const stuck = noProgress(both('payment:2'), 'shop-payment-green')
    const back = both('payment:2', stuck)
    expect([deployments(back), phase(back), target(back)]).toEqual([
      { 'shop-payment': 'payment:1' },
      'RolledBack',
      'shop-payment',
    ])
    expect(deployments(both('payment:2', back))).toEqual({ 'shop-payment': 'payment:1' })
    expect(deployments(both('payment:3', back))).toEqual({
      'shop-payment': 'payment:1',
      'shop-payment-green': 'payment:3',
    })
  })

  it('replaces in place what has never been ready', () => {
    const started = carryOut(of({ strategy }), [])
    expect(deployments(both('payment:2', started))).toEqual({ 'shop-payment': 'payment:2' })
  })

  it('of a gateway sends no request to new replicas before the change-over', () => {
    const gateway = (image: string) =>
      pipeline({ gateway: { image, strategy, scaling: { minReplicas: 2, maxReplicas: 4, cpuPercent: 70 } } })
    const ready = (children: readonly ChildObject[]) => available(children, 'shop-gateway')
    const settled = carryOut(gateway('g:1'), ready(carryOut(gateway('g:1'), [])))
    const color = (children: readonly ChildObject[]) =>
      children.find((child): child is Service => child.kind === 'Service')?.spec.selector?.['orderpipeline.dev/color']
    const waiting = carryOut(gateway('g:2'), ready(settled))
    expect(color(waiting)).toBe('blue')
    expect(color(carryOut(gateway('g:2'), available(waiting, 'shop-gateway-green')))).toBe('green')
  })
})
