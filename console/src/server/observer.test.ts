import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { ListedEvent } from '@orderpipeline/client'
import type { StateChange } from '../model/state.ts'
import { recordedSource, shopPipeline } from '../testing/recorded-shop.ts'
import { recordedWhatIf } from '../testing/recorded-what-if.ts'
import { createApi } from './api.ts'
import { createObserver, restMs } from './observer.ts'
import { observersOf } from './observers.ts'
import { pipelineState } from './pipeline-state.ts'
import { machineVisitors } from './visitor.ts'
import type { Visitor } from './visitor.ts'

const nothing = { scaledObjects: [], autoscalers: [], deployments: [], topics: [], pods: [] }

describe('the state of a pipeline', () => {
  it('consists of the results of explain, status and top', async () => {
    const source = recordedSource(0)
    source.at = 7_199_000
    const { pipelines, listed } = await source.look()
    const state = pipelineState(pipelines[0]!, { listed }, () => ({ trend: 'growing', hadLag: true }))
    const payment = state.parts.find(({ name }) => name === 'payment')!
    expect(state.parts[0]).toMatchObject({ name: 'gateway', kind: 'gateway', emits: ['orders.placed'] })
    expect(payment).toMatchObject({ min: 5, max: 100, trend: 'growing', standing: false })
    expect(payment.lag).toBeGreaterThan(1_000)
    expect(payment.waitSeconds).toBeGreaterThan(1)
    expect(payment.reasons.map(({ code }) => code)).toContain('Lag')
  })
  it('has the operator’s decision for a stage that is scaled on flow', async () => {
    const { pipelines, listed } = await recordedSource(0).look()
    const scaledObjects = listed.scaledObjects.map((object) =>
      object.metadata.name === 'shop-payment'
        ? {
            ...object,
            spec: { ...object.spec, triggers: [{ type: 'metrics-api' as const, name: 'lag', metadata: {} }] },
          }
        : object,
    )
    const flows = new Map([['shop-payment', 'the operator is away']])
    const state = pipelineState(pipelines[0]!, { listed: { ...listed, scaledObjects }, flows }, () => ({
      hadLag: false,
    }))
    const reasons = state.parts.flatMap((part) => part.reasons.map(({ code, text }) => `${part.name} ${code}: ${text}`))
    expect(reasons).toContain("payment FlowUnknown: the operator's decision is unknown: the operator is away")
    expect(reasons.filter((reason) => reason.includes('FlowUnknown'))).toHaveLength(1)
  })
  it('has the newest Events of the pipeline itself, those of a series by when they were seen last', async () => {
    const { pipelines, listed } = await recordedSource(0).look()
    const event = (second: number, changes: Partial<ListedEvent> = {}): ListedEvent => ({
      metadata: { name: `shop.${second}` },
      eventTime: new Date(second * 1_000).toISOString(),
      ...{ type: 'Normal', reason: 'Scaled', note: String(second), regarding: { name: 'shop', uid: 'shop' } },
      ...changes,
    })
    const series = { count: 3, lastObservedTime: new Date(900_000).toISOString() }
    const events = [
      ...Array.from({ length: 30 }, (_, second) => event(second)),
      event(31, { regarding: { name: 'shop', uid: 'an earlier shop' } }),
      event(32, { regarding: { name: 'other', uid: 'other' } }),
      event(5, { type: 'Warning', note: 'series', series }),
    ]
    const state = pipelineState(pipelines[0]!, { listed, events }, () => ({ hadLag: false }))
    expect(state.events).toHaveLength(20)
    expect(state.events?.[0]).toMatchObject({ type: 'Warning', note: 'series', times: 3 })
    expect(state.events?.[1]?.note).toBe('29')
    expect(pipelineState(pipelines[0]!, { listed }, () => ({ hadLag: false }))).not.toHaveProperty('events')
  })
  it.each([
    [{ lag: 0 }, 0],
    [{ lag: 100, arrivedPerSecond: 10, consumedPerSecond: 30 }, 5],
    [{ lag: 100, arrivedPerSecond: 30, consumedPerSecond: 30 }, 'never'],
    [{ lag: 100, secondsToDrain: 7 }, 7],
    [{}, undefined],
  ])('says of %j how long it takes to have no lag', (figures, drainSeconds) => {
    const shop = shopPipeline()
    const stage = { name: 'payment', replicas: 5, readyReplicas: 5, ...figures }
    const status = { observedGeneration: 3, conditions: [], stages: [stage] } as unknown as NonNullable<
      typeof shop.status
    >
    const { parts } = pipelineState({ ...shop, status }, { listed: nothing }, () => ({ hadLag: false }))
    expect(parts.find(({ name }) => name === 'payment')?.drainSeconds).toBe(drainSeconds)
  })
  it('is complete before the first reconcile, without unmeasured figures', () => {
    const state = pipelineState(shopPipeline(), { listed: nothing }, () => ({ hadLag: false }))
    expect(state).toMatchObject({ ready: 'Unknown', behind: true, conditions: [] })
    const stages = shopPipeline().spec.stages.map(({ name }) => name)
    expect(state.parts.map(({ name }) => name)).toEqual(['gateway', ...stages])
    expect(stages).toContain('payment')
    for (const part of state.parts) {
      expect(part).toMatchObject({ ready: 0, replicas: 0, wanted: 0, standing: false })
      expect(part).not.toHaveProperty('lag')
      expect(part).not.toHaveProperty('waitSeconds')
    }
    expect(state.parts.at(-1)?.reasons[1]).toMatchObject({ code: 'NoScaledObject' })
  })
})

describe('the observer', () => {
  it('reads once for all listeners, and continues after a failed read', async () => {
    const source = recordedSource(0)
    let looks = 0
    let fails = false
    const observer = createObserver(
      {
        ...source,
        look: () => {
          looks += 1
          return fails ? Promise.reject(new Error('the API server is away')) : source.look()
        },
      },
      { command: 'orderpipeline' },
    )
    const receivedChanges: StateChange[][] = [[], []]
    const stop = receivedChanges.map((list) => observer.listen((change) => list.push(change)))
    await observer.step()
    fails = true
    await observer.step()
    expect(observer.state).toMatchObject({ trouble: 'the API server is away', pipelines: [{ name: 'shop' }] })
    fails = false
    await observer.step()
    expect(observer.state.trouble).toBeUndefined()
    expect(looks).toBe(3)
    expect(receivedChanges[0]!.map(({ trouble }) => trouble)).toEqual([undefined, 'the API server is away', undefined])
    expect(receivedChanges[1]).toEqual(receivedChanges[0])
    for (const leave of stop) leave()
    await observer.step()
    expect(receivedChanges[0]).toHaveLength(3)
  })
})

it('rests until the next look is due, and as long as a slow look took, but not longer than five seconds', () => {
  expect([20, 400, 2_000, 40_000].map((tookMs) => restMs(tookMs, 600))).toEqual([580, 400, 2_000, 5_000])
  expect(restMs(100, 5_000)).toBe(4_900)
})

describe('the API', () => {
  const ready = async () => {
    const source = recordedSource(0)
    const observer = createObserver(source, { command: 'orderpipeline' })
    await observer.step()
    const request = { headers: {} } as IncomingMessage
    const visitor = (await machineVisitors(source, undefined, 'key').of(request)) as Visitor
    return { source, visitor, api: createApi(observersOf([observer]), recordedWhatIf) }
  }
  it('refuses an invalid order id without a request to the gateway, and reports missing pipelines', async () => {
    const { api, visitor } = await ready()
    expect(await api.answer('/api/orders/default/shop/..%2Fproducts', visitor)).toMatchObject({ status: 400 })
    expect(await api.answer('/api/orders/default/other/x', visitor)).toMatchObject({ status: 404 })
    expect(await api.answer('/api/history/%E0%A4%A/shop', visitor)).toMatchObject({ status: 404 })
    expect(await api.answer('/pipelines/default/shop', visitor)).toBeUndefined()
  })
  it('reads dead letters once for concurrent requests', async () => {
    const { source, api, visitor } = await ready()
    let readings = 0
    const counting = { ...source, letters: () => ((readings += 1), source.letters(shopPipeline())) }
    const another = { ...visitor, onDemand: () => counting }
    const answers = await Promise.all([1, 2, 3].map(() => api.answer('/api/dead-letters/default/shop', another)))
    expect(readings).toBe(1)
    expect(answers[2]).toMatchObject({
      status: 200,
      body: { waiting: 20, groups: [{ stage: 'payment', waiting: 17 }, { stage: 'orders' }] },
    })
  })
})
