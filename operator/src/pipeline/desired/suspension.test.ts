import { describe, expect, it } from 'vitest'
import type { ChildObject, LagFigures, OrderPipeline } from '../../api/index.ts'
import { desired } from './desired.ts'
import { suspensionOf } from './suspension.ts'
import { pipeline, settings } from '../testing.ts'

const gateway = { scaling: { minReplicas: 2, maxReplicas: 4, cpuPercent: 70 } }
const suspended = pipeline({ suspend: true, gateway })
function running(of: OrderPipeline, gatewayReplicas = 2): ChildObject[] {
  return desired({ ...of, spec: { ...of.spec, suspend: false } }, [], settings).map((child) => {
    if (child.kind !== 'Deployment') return child
    const replicas = child.metadata.name === 'shop-gateway' ? gatewayReplicas : 5
    return { ...child, spec: { ...child.spec, replicas }, status: { replicas } }
  })
}
function lag(figures: LagFigures) {
  return new Map([['payment', figures]])
}
const still = { lag: 0, consumedPerSecond: 0 }
function paused(children: readonly ChildObject[], figures: LagFigures) {
  return desired(suspended, children, settings, lag(figures))
    .filter(
      ({ kind, metadata }) => kind === 'ScaledObject' && metadata.annotations?.['autoscaling.keda.sh/paused-replicas'],
    )
    .map(({ metadata }) => metadata.name)
}

describe('a suspended pipeline', () => {
  it('stops its gateway at once, and its stages when the lag is 0 and no message is in flight', () => {
    expect(paused(running(suspended), { lag: 40, consumedPerSecond: 8 })).toEqual(['shop-gateway'])
    expect(paused(running(suspended), still)).toEqual(['shop-gateway']) // it may still write what it has accepted
    expect(paused(running(suspended, 0), { lag: 0, consumedPerSecond: 3 })).toEqual(['shop-gateway'])
    expect(paused(running(suspended, 0), still)).toEqual(['shop-gateway', 'shop-payment'])
  })

  it('continues to drain while its lag is unknown', () => {
    expect(suspensionOf(suspended, running(suspended, 0), new Map())).toBe('draining')
  })

  it('stops its stages at the drain deadline, with any remaining lag', () => {
    const since = '2026-01-01T00:00:00.000Z'
    const busy = lag({ lag: 40, consumedPerSecond: 8 })
    const at = (seconds: number, drainDeadlineSeconds?: number) => {
      const spec = {
        ...suspended.spec,
        ...(drainDeadlineSeconds === undefined ? {} : { suspension: { drainDeadlineSeconds } }),
      }
      const of = { ...suspended, spec, status: { drainingSince: since } }
      return suspensionOf(of, running(of), busy, Date.parse(since) + seconds * 1000)
    }
    expect([at(599), at(600), at(29, 30), at(30, 30), at(0, 0)]).toEqual([
      'draining',
      'stopped',
      'draining',
      'stopped',
      'stopped',
    ])
  })

  it('stops at once with the deadline 0, before any status is written', () => {
    const now = pipeline({ suspend: true, gateway, suspension: { drainDeadlineSeconds: 0 } })
    expect(suspensionOf(now, running(now), new Map())).toBe('stopped')
  })

  it('without a gateway waits only until the lag is 0, not for other producers', () => {
    const fed = pipeline({ suspend: true })
    expect(suspensionOf(fed, running(fed), lag({ lag: 0, consumedPerSecond: 9 }))).toBe('stopped')
    expect(suspensionOf(fed, running(fed), lag({ lag: 1, consumedPerSecond: 9 }))).toBe('draining')
  })

  it('stays stopped, also when messages are written to its topics', () => {
    const stopped = desired(suspended, running(suspended, 0), settings, lag(still))
    expect(suspensionOf(suspended, stopped, lag({ lag: 7, consumedPerSecond: 0 }))).toBe('stopped')
    expect(suspensionOf(pipeline({ gateway }), stopped, lag(still))).toBeUndefined()
  })

  it('that is new does not start', () => {
    expect(suspensionOf(suspended, [], new Map())).toBe('stopped')
  })
})
