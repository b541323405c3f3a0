// Does a pipeline keep its services image when a newer operator starts, and move when its settings
// say so, on a real API server?
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { orderPipelines } from '../src/api/index.ts'
import type { Deployment, OrderPipeline, OrderPipelineSpec } from '../src/api/index.ts'
import {
  children,
  current,
  edit,
  eventually,
  testEnvironment,
  makeReady,
  pipelineFrom,
  runOperator,
  settled,
} from './test-environment.ts'
import type { TestEnvironment, Running } from './test-environment.ts'

describe('a pipeline under a newer operator', () => {
  let on: TestEnvironment
  let operator: Running | undefined
  beforeEach(async () => {
    on = await testEnvironment()
  })
  afterEach(() => operator?.stop())

  const start = async (image: string, environment: Record<string, string> = {}) => {
    await operator?.stop()
    operator = await runOperator(on, {}, { SERVICES_IMAGE: image, ...environment })
    return operator
  }
  const create = async (name: string, spec: Partial<OrderPipelineSpec> = {}) => {
    const minimal = pipelineFrom('crds/fixtures/minimal.yaml', on)
    const metadata = { ...minimal.metadata, name }
    await on.kube.create(orderPipelines, { ...minimal, metadata, spec: { ...minimal.spec, ...spec } })
  }
  const services = async (name: string) => (await current(on, name))?.status?.services
  const images = async (): Promise<Record<string, string | undefined>> =>
    Object.fromEntries(
      (await children(on))
        .filter((child): child is Deployment => child.kind === 'Deployment')
        .map(({ metadata, spec }) => [metadata.name, spec.template.spec?.containers[0]?.image]),
    )
  const rolledOut = (name: string) => (pipeline: OrderPipeline | undefined) =>
    pipeline?.metadata.name === name &&
    pipeline.status?.conditions?.some(({ type, status }) => type === 'RolledOut' && status === 'True')
  const untilRolledOut = (name: string) =>
    eventually(`${name} rolled out`, async () => {
      await makeReady(on)
      return rolledOut(name)(await current(on, name))
    })

  it('keeps its pods and reports that another image is available, until its spec names it', async () => {
    await create('shop')
    const first = await start('services:1')
    await untilRolledOut('shop')
    await settled(first)
    expect(await services('shop')).toEqual({ image: 'services:1' })
    const second = await start('services:2')
    await eventually('another image is reported', async () => (await services('shop'))?.available === 'services:2')
    await settled(second)
    expect(second.writes.filter((write) => !write.includes('status'))).toEqual([])
    expect(await images()).toEqual({ 'shop-notification': 'services:1' })
    await edit(on, 'shop', (spec) => ({ ...spec, image: 'services:2' }))
    await eventually('moved', async () => (await images())['shop-notification'] === 'services:2')
    await eventually('on record', async () => {
      const latest = await services('shop')
      return latest?.image === 'services:2' && latest.available === undefined
    })
  })

  it('moves by itself with updates Automatic, one pipeline after the other', async () => {
    await create('a', { updates: 'Automatic' })
    await create('b', { updates: 'Automatic' })
    await create('c')
    await start('services:1')
    for (const name of ['a', 'b', 'c']) await untilRolledOut(name)
    const second = await start('services:2')
    const movedCount = async () => Object.values(await images()).filter((image) => image === 'services:2').length
    await eventually('one has moved', async () => (await movedCount()) === 1)
    await settled(second)
    expect(await movedCount()).toBe(1) // its new pods are not ready
    await eventually('both have moved', async () => {
      await makeReady(on)
      return (await movedCount()) === 2
    })
    expect((await images())['c-notification']).toBe('services:1')
  })
})
