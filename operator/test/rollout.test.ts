// Do new versions come in, and bad ones go back, with the Deployment controller's own word on what is ready?
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Deployment, orderPipelines, type ScaledObject, type Stage } from '../src/api/index.ts'
import {
  child,
  children,
  current,
  edit,
  eventually,
  ground,
  type Ground,
  makeReady,
  pipelineFrom,
  type Running,
  runOperator,
  settled,
} from './harness.ts'

describe('a new version of a stage', () => {
  let on: Ground
  let operator: Running
  beforeEach(async () => {
    on = await ground()
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
  const ready = async () =>
    (await current(on, 'minimal'))?.status?.conditions?.find(({ type }) => type === 'Ready')?.reason
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

  it('runs beside the old one until it is ready, and then in its place', async () => {
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
    'that does not become ready goes back, and is not tried again until the spec changes (%s)',
    async (type) => {
      await start({ type, progressDeadlineSeconds: 10, ...(type === 'BlueGreen' ? { healthySeconds: 1 } : {}) })
      await use('stage:broken')
      await eventually('tried', async () => Object.values(await images()).includes('stage:broken'))
      await eventually('rolled back', async () => (await ready()) === 'RolledBack', 60_000)
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
})
