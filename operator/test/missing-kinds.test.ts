// What if Strimzi, KEDA, a right of the operator or the newest custom resource definition is not
// there, or comes later? A proxy in front of a real API server answers for the missing kinds and
// the old schemas.
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { orderPipelines, resourceOf } from '../src/api/index.ts'
import type { OrderPipeline, PrometheusRule, Resource, ScaledObject } from '../src/api/index.ts'
import { usualWatchSettings } from '../src/kube/informer.ts'
import {
  child,
  children,
  current,
  eventually,
  testEnvironment,
  names,
  patch,
  pipelineFrom,
  runOperator,
  settled,
} from './test-environment.ts'
import type { TestEnvironment, Running } from './test-environment.ts'
import { proxyTo } from './fault-proxy.ts'
import type { Fault, Proxy } from './fault-proxy.ts'

const watch = { ...usualWatchSettings, firstBackoffMs: 20, lastBackoffMs: 200, probeMs: 300 }
const notServed: Fault = { kind: 'answer', code: 404, reason: 'NotFound' }
const forbidden: Fault = { kind: 'answer', code: 403, reason: 'Forbidden' }

describe('an operator', () => {
  let on: TestEnvironment
  let proxy: Proxy
  let operator: Running | undefined
  const logLines: string[] = []
  beforeEach(async () => {
    on = await testEnvironment()
    proxy = await proxyTo(on.operatorAccess())
    logLines.length = 0
  })
  afterEach(async () => {
    await operator?.stop()
    await proxy.close()
  })

  const start = async (): Promise<Running> => {
    const log = pino({ level: 'info' }, { write: (line: string) => logLines.push(line) })
    operator = await runOperator(on, { kubeConfig: on.operatorAccess(proxy.url), watch, log })
    return operator
  }
  const create = async (spec: Partial<OrderPipeline['spec']> = {}): Promise<void> => {
    const pipeline = pipelineFrom('crds/fixtures/minimal.yaml', on)
    await on.kube.create(orderPipelines, { ...pipeline, spec: { ...pipeline.spec, ...spec } })
  }
  const condition = (pipeline: OrderPipeline | undefined, type: string) =>
    pipeline?.status?.conditions?.find((one) => one.type === type)
  const says = async (type: string, reason: string) =>
    await eventually(`${type} ${reason}`, async () => {
      const latest = condition(await current(on, 'minimal'), type)
      return latest?.reason === reason && latest
    })
  const kinds = async () => new Set((await children(on)).map(({ kind }) => kind))

  it('starts without Strimzi and KEDA, names the required versions, and continues when they are installed', async () => {
    let missing = true
    proxy.inject(({ path }) => (missing && /kafka\.strimzi\.io|keda\.sh/.test(path) ? notServed : undefined))
    await create()
    await start()
    expect((await says('Configured', 'StrimziMissing')).message).toContain('install version 0.49 or newer')
    expect((await says('TopicsReady', 'StrimziMissing')).message).toContain('kafka.strimzi.io/v1 is not served')
    expect((await says('ScalingReady', 'KedaMissing')).message).toContain('install version 2.17 or newer')
    expect(await kinds()).toEqual(new Set(['ServiceAccount', 'NetworkPolicy', 'PodDisruptionBudget']))
    missing = false
    await says('Configured', 'Applied')
    expect(names(await children(on))).toContain('ScaledObject minimal-notification')
    expect(names(await children(on))).toContain('KafkaTopic minimal.orders.status')
  })

  it('finishes the deletion of a pipeline that was created before Strimzi was removed', async () => {
    await create()
    const first = await start()
    await says('Configured', 'Applied')
    await first.stop()
    proxy.inject(({ path }) => (path.includes('kafka.strimzi.io') ? notServed : undefined))
    await start()
    const live = await current(on, 'minimal')
    if (live) await on.kube.delete(orderPipelines, live)
    await eventually('gone', async () => (await current(on, 'minimal')) === undefined)
  })

  it('that may not list one kind reports that, and creates the others', async () => {
    proxy.inject(({ path }) => (path.endsWith('/poddisruptionbudgets') ? forbidden : undefined))
    await create()
    await start()
    const { message } = await says('Configured', 'AccessDenied')
    expect(message).toContain('the operator may not list poddisruptionbudgets.policy')
    await eventually('made', async () => (await kinds()).has('ScaledObject'))
    expect([...(await kinds())]).not.toContain('PodDisruptionBudget')
  })

  const slo = { stages: [{ name: 'notification', freshnessSeconds: 60, objective: 99 }] }

  it('needs no Prometheus operator for objectives, and makes their rules once there is one', async () => {
    let missing = true
    proxy.inject(({ path }) => (missing && path.includes('monitoring.coreos.com') ? notServed : undefined))
    await create({ slo })
    const running = await start()
    expect((await says('Configured', 'Applied')).message).toContain('orderpipeline slo-rules prints them as a file')
    await settled(running)
    expect((await current(on, 'minimal'))?.status?.slo).toMatchObject([
      { name: 'notification-freshness', objective: 99 },
    ])
    expect(await kinds()).toContain('ScaledObject')
    expect(await kinds()).not.toContain('PrometheusRule')
    expect(logLines.filter((line) => line.includes('monitoring.coreos.com') && line.includes('"level":40'))).toEqual([])
    missing = false
    await eventually('rules', async () => (await child(on, 'PrometheusRule', 'minimal-slo')) !== undefined)
    await eventually('a plain message', async () => {
      const message = condition(await current(on, 'minimal'), 'Configured')?.message
      return message === 'the spec is valid and applied'
    })
  })

  it('repairs the rules of objectives, and deletes them with the objectives', async () => {
    await create({ slo })
    const running = await start()
    await says('Configured', 'Applied')
    const rule = async () => (await child(on, 'PrometheusRule', 'minimal-slo')) as PrometheusRule | undefined
    const groups = (await eventually('rules', rule)).spec.groups
    expect(groups.map(({ name }) => name)).toEqual([`orderpipeline-slo-${on.namespace}-minimal-notification-freshness`])
    await settled(running)
    const writes = running.writes.length
    await patch(on, resourceOf('PrometheusRule'), 'minimal-slo', { spec: { groups: [] } })
    await eventually('repaired', async () => (await rule())?.spec.groups.length === 1)
    expect(running.writes.slice(writes).every((write) => write.includes('prometheusrules'))).toBe(true)
    await patch(on, orderPipelines, 'minimal', { spec: { slo: null } })
    await eventually('deleted', async () => (await rule()) === undefined)
    await eventually('no status', async () => (await current(on, 'minimal'))?.status?.slo === undefined)
  })

  /** The API server's schema of a kind, with one field removed. */
  const older = async ({ apiVersion, kind }: Resource, path: readonly string[]): Promise<Fault> => {
    const timeoutMs = 30_000
    const answer = await on.wire.json({ method: 'GET', path: `/openapi/v3/apis/${apiVersion}`, timeoutMs })
    const document = answer as { components: { schemas: Record<string, Record<string, unknown>> } }
    const schema = Object.entries(document.components.schemas).find(([name]) => name.endsWith(`.${kind}`))?.[1]
    const parent = path.slice(0, -1).reduce((at, field) => (at as never)?.['properties']?.[field], schema as never)
    expect(Reflect.has((parent as never)['properties'], path.at(-1) ?? '')).toBe(true)
    Reflect.deleteProperty((parent as never)['properties'], path.at(-1) ?? '')
    return { kind: 'lines', lines: [JSON.stringify(document)] }
  }

  it('omits the fallback of an autoscaler if KEDA does not know it, and adds it once KEDA does', async () => {
    const fault = await older(resourceOf('ScaledObject'), ['spec', 'fallback', 'behavior'])
    let old = true
    proxy.inject(({ path }) => (old && path === '/openapi/v3/apis/keda.sh/v1alpha1' ? fault : undefined))
    await create()
    const first = await start()
    await says('Configured', 'Applied')
    const scaledObject = async () => (await child(on, 'ScaledObject', 'minimal-notification')) as ScaledObject
    expect((await scaledObject()).spec.fallback).toBeUndefined()
    await first.stop()
    old = false
    await start()
    await eventually('fallback', async () => (await scaledObject()).spec.fallback?.behavior !== undefined)
  })

  it('that is newer than the CRD of OrderPipelines omits fields that it lacks, reports that once, and settles', async () => {
    const fault = await older(orderPipelines, ['status', 'totals'])
    proxy.inject(({ path }) => (path === '/openapi/v3/apis/orderpipeline.dev/v1alpha1' ? fault : undefined))
    await create()
    const running = await start()
    await says('Configured', 'Applied')
    await settled(running)
    expect((await current(on, 'minimal'))?.status).not.toHaveProperty('totals')
    const warnings = logLines.filter((line) => line.includes('is older than this operator'))
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('"fields":["totals"]')
  })
})
