// Do new versions roll out, and bad ones roll back, by the readiness that the Deployment controller
// itself reports?
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { orderPipelines, resourceOf } from '../src/api/index.ts'
import type { ConditionType, Deployment, DeploymentStatus, ScaledObject, Stage } from '../src/api/index.ts'
import {
  child,
  children,
  current,
  edit,
  eventually,
  failToPull,
  testEnvironment,
  makeReady,
  patch,
  pipelineFrom,
  runOperator,
  settled,
} from './test-environment.ts'
import type { TestEnvironment, Running } from './test-environment.ts'

describe('a new version of a stage', () => {
  let on: TestEnvironment
  let operator: Running
  beforeEach(async () => {
    on = await testEnvironment()
    operator = await runOperator(on)
  })
  afterEach(async () => {
    await operator.stop()
  })

  const start = async (strategy: Stage['strategy']): Promise<void> => {
    const pipeline = pipelineFrom('crds/fixtures/minimal.yaml', on)
    const stages = pipeline.spec.stages.map((stage) => ({ ...stage, ...(strategy ? { strategy } : {}) }))
    await on.kube.create(orderPipelines, { ...pipeline, spec: { ...pipeline.spec, stages } })
    await eventually('stable', async () => {
      await makeReady(on)
      return (await phase()) === 'Stable'
    })
  }
  const phase = async () => (await current(on, 'minimal'))?.status?.stages?.[0]?.rollout?.phase
  const condition = async (type: ConditionType) =>
    (await current(on, 'minimal'))?.status?.conditions?.find((one) => one.type === type)
  const ready = async () => (await condition('Ready'))?.reason
  const counts = async () => ((await child(on, 'Deployment', 'minimal-notification'))?.status ?? {}) as DeploymentStatus
  const scale = async (replicas: number) =>
    patch(on, resourceOf('Deployment'), 'minimal-notification', { spec: { replicas } }, '/scale')
  const use = (image: string) =>
    edit(on, 'minimal', (spec) => ({ ...spec, stages: spec.stages.map((stage) => ({ ...stage, image })) }))
  const images = async () =>
    Object.fromEntries(
      (await children(on))
        .filter((object): object is Deployment => object.kind === 'Deployment')
        .map(({ metadata, spec }) => [metadata.name, spec.template.spec?.containers[0]?.image]),
    )
  const target = async () =>
    ((await child(on, 'ScaledObject', 'minimal-notification')) as ScaledObject).spec.scaleTargetRef.name

  it('runs next to the old one until it is ready, and then replaces it', async () => {
    await start({ type: 'BlueGreen', healthySeconds: 1 })
    await use('stage:2')
    await eventually('the new one beside the old', async () => Object.keys(await images()).length === 2)
    await settled(operator)
    expect(await images()).toEqual({ 'minimal-notification': 'services:1', 'minimal-notification-green': 'stage:2' })
    expect(await target()).toBe('minimal-notification')
    await eventually('changed over', async () => {
      await makeReady(on)
      return (await target()) === 'minimal-notification-green'
    })
    await eventually('the old one gone', async () => Object.keys(await images()).length === 1)
    await eventually('stable', async () => (await phase()) === 'Stable')
    await settled(operator)
    const before = operator.writes.length
    await settled(operator)
    expect(operator.writes.length).toBe(before)
  })

  it.each(['RollingUpdate', 'BlueGreen'] as const)(
    'that does not become ready rolls back, and is not retried until the spec changes (%s)',
    async (type) => {
      await start({ type, progressDeadlineSeconds: 10, ...(type === 'BlueGreen' ? { healthySeconds: 1 } : {}) })
      await use('stage:broken')
      await eventually('tried', async () => Object.values(await images()).includes('stage:broken'))
      await eventually('said to fail, with the reason of its pod', async () => {
        await failToPull(on, 'stage:broken')
        const latest = await condition('RolledOut')
        return latest?.reason === 'NewVersionFailing' && latest.message.includes('0 of 1 replicas of the new version')
      })
      expect((await condition('RolledOut'))?.message).toContain('image stage:broken cannot be pulled')
      expect((await condition('Ready'))?.status).toBe('True')
      await eventually('rolled back', async () => (await ready()) === 'RolledBack', { withinMs: 60_000 })
      await settled(operator)
      expect([await images(), await target()]).toEqual([
        { 'minimal-notification': 'services:1' },
        'minimal-notification',
      ])
      await use('stage:mended')
      await eventually('stable again', async () => {
        await makeReady(on)
        return (await phase()) === 'Stable' && Object.values(await images()).join() === 'stage:mended'
      })
      await eventually('Ready', async () => (await ready()) === 'AllReady')
    },
  )

  it('that fails rolls back although the stage had 0 replicas meanwhile, as in a suspension', async () => {
    await start({ progressDeadlineSeconds: 15 })
    await use('stage:broken')
    await eventually('tried', async () => Object.values(await images()).includes('stage:broken'))
    await scale(0)
    await eventually('no pods', async () => {
      return ((await counts()).replicas ?? 0) === 0
    })
    await scale(2)
    await eventually(
      'rolled back',
      async () => {
        await makeReady(on, (image) => image !== 'stage:broken')
        await failToPull(on, 'stage:broken')
        return (await condition('RolledOut'))?.reason === 'RolledBack'
      },
      { withinMs: 90_000 },
    )
    expect(await images()).toEqual({ 'minimal-notification': 'services:1' })
    await eventually('the stable version runs', async () => {
      await makeReady(on, (image) => image !== 'stage:broken')
      return (await counts()).readyReplicas === 2
    })
  })

  it('stays on green when its ScaledObject is deleted by hand', async () => {
    await start({ type: 'BlueGreen', healthySeconds: 1 })
    await use('stage:2')
    await eventually('changed over', async () => {
      await makeReady(on)
      const there = Object.entries(await images())
      return there.length === 1 && there[0]?.[0] === 'minimal-notification-green'
    })
    await eventually('stable', async () => (await phase()) === 'Stable')
    const scaledObject = await child(on, 'ScaledObject', 'minimal-notification')
    if (!scaledObject) throw new Error('no ScaledObject')
    await on.kube.delete(resourceOf('ScaledObject'), scaledObject)
    await eventually('made again', async () => {
      const replacement = await child(on, 'ScaledObject', 'minimal-notification')
      return replacement !== undefined && replacement.metadata.uid !== scaledObject.metadata.uid
    })
    await settled(operator)
    expect([await images(), await target()]).toEqual([
      { 'minimal-notification-green': 'stage:2' },
      'minimal-notification-green',
    ])
  })
})
