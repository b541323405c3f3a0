import { describe, expect, it } from 'vitest'
import type {
  ChildObject,
  Deployment,
  DeploymentStatus,
  OrderPipeline,
  ScaledObject,
  Service,
  Stage,
} from '../../api/index.ts'
import { desired } from '../desired/desired.ts'
import { livePart } from '../children/live.ts'
import { retryAnnotation, versionAnnotations } from '../children/names.ts'
import type { PodReport } from './new-version.ts'
import { plan } from '../plan/plan.ts'
import { rolloutOf } from './rollout-status.ts'
import { statusOf } from '../status/status.ts'
import { pipeline, settings, stage } from '../testing.ts'
import { maxUnavailable } from '../desired/workloads.ts'

/** The objects after the cluster has carried out the plan, with replicas of its own. */
function carryOut(of: OrderPipeline, children: readonly ChildObject[], pods?: Map<string, PodReport>): ChildObject[] {
  return plan(desired(of, children, settings, new Map(), pods), children, of).reduce<ChildObject[]>(
    (all, action) => {
      const { kind, metadata } = action.object
      const same = (child: ChildObject): boolean => child.kind === kind && child.metadata.name === metadata.name
      const before = all.find(same)
      const others = all.filter((child) => !same(child))
      if (action.kind === 'delete') return others
      const { spec: was } = (before ?? {}) as Partial<Deployment>
      const replicas = (action.kind === 'create' ? (action.startReplicas ?? 1) : was?.replicas) ?? 1
      const generation = (before?.metadata.generation ?? 0) + 1
      const liveObject = {
        ...action.object,
        metadata: { ...metadata, generation },
        status: before?.status,
      } as ChildObject
      return [
        ...others,
        liveObject.kind === 'Deployment' ? { ...liveObject, spec: { ...liveObject.spec, replicas } } : liveObject,
      ]
    },
    [...children],
  )
}

function report(children: readonly ChildObject[], name: string, status: (of: Deployment) => DeploymentStatus) {
  return children.map((child) =>
    child.kind === 'Deployment' && child.metadata.name === name
      ? { ...child, status: { observedGeneration: child.metadata.generation, ...status(child) } }
      : child,
  )
}
function available(children: readonly ChildObject[], name: string) {
  return report(children, name, ({ spec: { replicas = 0 } }) => ({
    replicas,
    updatedReplicas: replicas,
    readyReplicas: replicas,
    availableReplicas: replicas,
  }))
}
/** The operator's report after the deadline: the version itself is at fault. */
function stuck(children: readonly ChildObject[], name: string): Map<string, PodReport> {
  const candidate = children.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name)
  const version = candidate?.metadata.annotations?.[versionAnnotations.asked] ?? ''
  const trouble = { fault: 'version', certain: true, text: 'ImagePullBackOff: image x cannot be pulled' } as const
  return new Map([
    ['payment', { trial: { version, available: 0, desired: 5, best: 0, stuckMs: 600_000, at: 0, trouble } }],
  ])
}

function of(changes: Partial<Stage>): OrderPipeline {
  return pipeline({ stages: [stage({ image: 'payment:1', ...changes })] })
}
function deployments(children: readonly ChildObject[]) {
  return Object.fromEntries(
    children
      .filter((child): child is Deployment => child.kind === 'Deployment')
      .map(({ metadata, spec }) => [metadata.name, spec.template.spec?.containers[0]?.image]),
  )
}
function target(children: readonly ChildObject[]) {
  return children.find((child): child is ScaledObject => child.kind === 'ScaledObject')?.spec.scaleTargetRef.name
}
function phase(children: readonly ChildObject[]) {
  return rolloutOf(livePart(pipeline(), 'payment', children))?.phase
}
function settledFrom(changes: Partial<Stage> = {}) {
  const first = available(carryOut(of(changes), []), 'shop-payment')
  return available(carryOut(of(changes), first), 'shop-payment')
}

describe('a rolling update', () => {
  it('keeps the newest ready version, and then writes nothing more', () => {
    const first = carryOut(of({}), [])
    expect(phase(first)).toBe('Progressing')
    const settled = settledFrom()
    expect(phase(settled)).toBe('Stable')
    expect(plan(desired(of({}), settled, settings), settled, of({}))).toEqual([])
  })

  it('leaves the pipeline Ready as long as no more than maxUnavailable replicas are missing', () => {
    const onTrial = carryOut(of({ image: 'payment:2' }), settledFrom())
    const verdict = (readyReplicas: number) => {
      const children = report(onTrial, 'shop-payment', () => ({ replicas: 6, updatedReplicas: 2, readyReplicas }))
      const state = { pipeline: of({ image: 'payment:2' }), problems: [], failures: [], lag: new Map() }
      const { conditions = [] } = statusOf({ ...state, children, throughput: new Map() }, 'now')
      return conditions.find(({ type }) => type === 'WorkloadsReady')?.status
    }
    expect([3, 4].map(verdict)).toEqual(['False', 'True']) // a quarter of five
  })

  it('rolls back to that version without progress, until the spec is changed', () => {
    const onTrial = carryOut(of({ image: 'payment:2' }), settledFrom())
    expect(deployments(onTrial)).toEqual({ 'shop-payment': 'payment:2' })
    const back = available(
      carryOut(of({ image: 'payment:2' }), onTrial, stuck(onTrial, 'shop-payment')),
      'shop-payment',
    )
    expect([deployments(back), phase(back)]).toEqual([{ 'shop-payment': 'payment:1' }, 'RolledBack'])
    const still = carryOut(of({ image: 'payment:2' }), back)
    expect(deployments(still)).toEqual({ 'shop-payment': 'payment:1' })
    const mended = available(carryOut(of({ image: 'payment:3' }), still), 'shop-payment')
    const settled = carryOut(of({ image: 'payment:3' }), mended)
    expect([deployments(settled), phase(settled)]).toEqual([{ 'shop-payment': 'payment:3' }, 'Stable'])
  })

  it('is retried when a user removes the annotation of the rollback', () => {
    const onTrial = carryOut(of({ image: 'payment:2' }), settledFrom())
    const back = carryOut(of({ image: 'payment:2' }), onTrial, stuck(onTrial, 'shop-payment')).map(
      (child): ChildObject => {
        const { [versionAnnotations.givenUp]: _removed, ...annotations } = child.metadata.annotations ?? {}
        return { ...child, metadata: { ...child.metadata, annotations } }
      },
    )
    expect(deployments(carryOut(of({ image: 'payment:2' }), back))).toEqual({ 'shop-payment': 'payment:2' })
  })

  it('is retried once when the pipeline is annotated for it', () => {
    const withRetry = (retry?: string): OrderPipeline => ({
      ...of({ image: 'payment:2' }),
      metadata: {
        ...pipeline().metadata,
        ...(retry === undefined ? {} : { annotations: { [retryAnnotation]: retry } }),
      },
    })
    const giveUp = (one: OrderPipeline, onTrial: ChildObject[]) =>
      available(carryOut(one, onTrial, stuck(onTrial, 'shop-payment')), 'shop-payment')
    const back = giveUp(withRetry(), carryOut(withRetry(), settledFrom()))
    expect(rolloutOf(livePart(pipeline(), 'payment', back))?.message).toContain(
      'kubectl annotate orderpipeline shop orderpipeline.dev/retry=',
    )
    const again = carryOut(withRetry('1'), back)
    expect(deployments(again)).toEqual({ 'shop-payment': 'payment:2' })
    const backAgain = giveUp(withRetry('1'), again)
    expect(deployments(backAgain)).toEqual({ 'shop-payment': 'payment:1' })
    expect(plan(desired(withRetry('1'), backAgain, settings), backAgain, withRetry('1'))).toEqual([])
    expect(plan(desired(withRetry(), backAgain, settings), backAgain, withRetry())).toEqual([])
    expect(deployments(carryOut(withRetry('2'), backAgain))).toEqual({ 'shop-payment': 'payment:2' })
  })

  it('is given up although no pod of the previous version exists, as after a suspension', () => {
    const onTrial = carryOut(of({ image: 'payment:2' }), settledFrom())
    const resumed = report(onTrial, 'shop-payment', () => ({ replicas: 5, updatedReplicas: 5, availableReplicas: 0 }))
    const back = carryOut(of({ image: 'payment:2' }), resumed, stuck(resumed, 'shop-payment'))
    expect([deployments(back), phase(back)]).toEqual([{ 'shop-payment': 'payment:1' }, 'RolledBack'])
    expect(rolloutOf(livePart(pipeline(), 'payment', back))?.message).toContain('image x cannot be pulled')
  })

  it('is not given up because the Deployment controller reports no progress, which a full cluster causes too', () => {
    const onTrial = report(carryOut(of({ image: 'payment:2' }), settledFrom()), 'shop-payment', () => ({
      replicas: 6,
      updatedReplicas: 1,
      availableReplicas: 5,
      conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }],
    }))
    expect(deployments(carryOut(of({ image: 'payment:2' }), onTrial))).toEqual({ 'shop-payment': 'payment:2' })
  })

  it('counts only replicas that are certainly of the new version while the pods are unknown', () => {
    const onTrial = carryOut(of({ image: 'payment:2' }), settledFrom())
    const message = (status: DeploymentStatus) =>
      rolloutOf(
        livePart(
          pipeline(),
          'payment',
          report(onTrial, 'shop-payment', () => status),
        ),
      )?.message
    const none = { replicas: 7, updatedReplicas: 2, availableReplicas: 5 }
    expect(message(none)).toBe('0 of 5 replicas of the new version are available')
    expect(message({ ...none, availableReplicas: 6 })).toBe('1 of 5 replicas of the new version are available')
  })

  it('is complete in a full cluster without all replicas, once no replica of the previous version is left', () => {
    const onTrial = carryOut(of({ image: 'payment:2' }), settledFrom()).map((child) =>
      child.kind === 'Deployment' ? { ...child, spec: { ...child.spec, replicas: 100 } } : child,
    )
    const full = report(onTrial, 'shop-payment', () => ({ replicas: 100, updatedReplicas: 100, availableReplicas: 60 }))
    expect(phase(carryOut(of({ image: 'payment:2' }), full))).toBe('Stable')
    const mixed = report(onTrial, 'shop-payment', () => ({
      replicas: 100,
      updatedReplicas: 90,
      availableReplicas: 100,
    }))
    expect(phase(carryOut(of({ image: 'payment:2' }), mixed))).toBe('Progressing')
  })

  it('of a first version cannot roll back and continues', () => {
    const onTrial = carryOut(of({}), [])
    expect(phase(carryOut(of({}), onTrial, stuck(onTrial, 'shop-payment')))).toBe('Progressing')
  })

  it('removes as many replicas as the lag budget allows', () => {
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

  it('starts as many new replicas next to the old ones, which are still scaled', () => {
    const larger = settledFrom({ strategy }).map((child) =>
      child.kind === 'Deployment' ? { ...child, spec: { ...child.spec, replicas: 12 } } : child,
    )
    const actions = plan(desired(of({ strategy, image: 'payment:2' }), larger, settings), larger, of({ strategy }))
    expect(actions).toMatchObject([
      { kind: 'create', object: { metadata: { name: 'shop-payment-green' } }, startReplicas: 12 },
    ])
    expect(target(both('payment:2'))).toBe('shop-payment')
  })

  it('changes over when all of them are available, and then ends the old ones', () => {
    const waiting = both('payment:2')
    expect(deployments(both('payment:2', waiting))).toEqual({
      'shop-payment': 'payment:1',
      'shop-payment-green': 'payment:2',
    })
    const afterChangeOver = both('payment:2', available(waiting, 'shop-payment-green'))
    expect([target(afterChangeOver), Object.keys(deployments(afterChangeOver)).length]).toEqual([
      'shop-payment-green',
      2,
    ])
    const afterCleanUp = both('payment:2', afterChangeOver)
    expect([deployments(afterCleanUp), phase(afterCleanUp)]).toEqual([{ 'shop-payment-green': 'payment:2' }, 'Stable'])
    expect(
      plan(desired(of({ strategy, image: 'payment:2' }), afterCleanUp, settings), afterCleanUp, of({ strategy })),
    ).toEqual([])
    const next = both('payment:3', afterCleanUp)
    expect(deployments(next)).toEqual({ 'shop-payment-green': 'payment:2', 'shop-payment': 'payment:3' })
  })

  it('stays on green when its ScaledObject is deleted', () => {
    const green = both('payment:2', both('payment:2', available(both('payment:2'), 'shop-payment-green')))
    const withoutScaler = green.filter(({ kind }) => kind !== 'ScaledObject')
    const actions = plan(
      desired(of({ strategy, image: 'payment:2' }), withoutScaler, settings),
      withoutScaler,
      of({ strategy }),
    )
    expect(actions.map(({ kind, object }) => [kind, object.kind])).toEqual([['create', 'ScaledObject']])
    expect(target(carryOut(of({ strategy, image: 'payment:2' }), withoutScaler))).toBe('shop-payment-green')
    const onlyBlue = both('payment:2').filter(({ kind }) => kind !== 'ScaledObject')
    expect(livePart(pipeline(), 'payment', onlyBlue).active).toBe('blue')
  })

  it('does not change over to fewer replicas than the old version has meanwhile', () => {
    const waiting = available(both('payment:2'), 'shop-payment-green')
    const larger = waiting.map((child) =>
      child.kind === 'Deployment' && child.metadata.name === 'shop-payment'
        ? { ...child, spec: { ...child.spec, replicas: 50 } }
        : child,
    )
    const still = both('payment:2', larger)
    expect(target(still)).toBe('shop-payment')
  })

  it('rolls back when the new replicas make no progress, without an effect on the old ones', () => {
    const onTrial = both('payment:2')
    const back = carryOut(of({ strategy, image: 'payment:2' }), onTrial, stuck(onTrial, 'shop-payment-green'))
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

  it('replaces a version in place that has never been ready', () => {
    const first = carryOut(of({ strategy }), [])
    expect(deployments(both('payment:2', first))).toEqual({ 'shop-payment': 'payment:2' })
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
