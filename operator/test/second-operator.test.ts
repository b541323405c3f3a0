// What if two installations of the operator watch one namespace? Each has a lease of its own, so
// leader election does not separate them. On a real API server: one acts on a pipeline, the other
// writes nothing of it, both report it, and the second takes over when the first has ended.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { orderPipelines } from '../src/api/index.ts'
import type { Deployment } from '../src/api/index.ts'
import {
  children,
  current,
  edit,
  eventually,
  testEnvironment,
  pipelineFrom,
  runOperator,
  settled,
} from './test-environment.ts'
import type { TestEnvironment, Running } from './test-environment.ts'

/**
 * It asks again after ten times as long, and gives up after twice as long without an answer. Only
 * for what waits for that: where the machine stands still, the answer may come too late.
 */
const impatient = { STANDBY_SECONDS: '1' }

describe('two installations that watch one namespace', () => {
  let on: TestEnvironment
  const running: Running[] = []
  beforeEach(async () => {
    on = await testEnvironment()
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map((operator) => operator.stop()))
  })

  const install = async (lease: string, image: string, more: Record<string, string> = {}): Promise<Running> => {
    const environment = { LEASE_NAME: lease, SERVICES_IMAGE: image, UPDATES: 'Automatic' }
    const operator = await runOperator(on, {}, { ...environment, ...more })
    running.push(operator)
    return operator
  }
  const create = async (name: string): Promise<void> => {
    const pipeline = pipelineFrom('crds/fixtures/minimal.yaml', on)
    await on.kube.create(orderPipelines, { ...pipeline, metadata: { ...pipeline.metadata, name } })
  }
  const status = async (name: string) => (await current(on, name))?.status
  const actsOn = (name: string, lease: string) =>
    eventually(
      `${lease} acts on ${name}`,
      async () => (await status(name))?.operator?.name === `${on.namespace}/${lease}`,
    )
  const configured = async (name: string) => (await status(name))?.conditions?.find(({ type }) => type === 'Configured')
  const images = async () =>
    (await children(on))
      .filter((child): child is Deployment => child.kind === 'Deployment')
      .map(({ spec }) => spec.template.spec?.containers[0]?.image)
  const metric = async ({ port }: Running, name: string) =>
    new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'm').exec(
      await (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
    )?.[1]
  /** An installation that stands by writes only its question whether the other still runs. */
  const objectsWritten = ({ writes }: Running) => writes.filter((write) => !write.endsWith('/status'))

  it('one acts, and the other changes no object and reports that it stands by', async () => {
    const first = await install('one', 'services:1')
    await create('shop')
    await actsOn('shop', 'one')
    await eventually('deployed', async () => (await images()).length > 0)
    const second = await install('two', 'services:2')
    const condition = await eventually('the pipeline names the second', async () => {
      const latest = await configured('shop')
      return latest?.reason === 'SecondOperator' && latest
    })
    expect(condition.status).toBe('True')
    expect(condition.message).toContain(`${on.namespace}/two`)
    await edit(on, 'shop', (spec) => ({ ...spec, stages: spec.stages.map((one) => ({ ...one, concurrency: 7 })) }))
    await eventually('the edit is followed', async () => (await status('shop'))?.observedGeneration === 2)
    await settled(first)
    expect(objectsWritten(second)).toEqual([])
    expect(await images()).toEqual(['services:1'])
    expect(await metric(second, 'orderpipeline_pipelines_standing_by')).toBe('1')
    expect(await metric(first, 'orderpipeline_pipelines_standing_by')).toBe('0')
    expect(await metric(second, 'orderpipeline_condition')).toBeUndefined()
  })

  it('only one acts on each pipeline that both observe for the first time', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await create(name)
    const [first, second] = await Promise.all([install('one', 'services:1'), install('two', 'services:2')])
    for (const name of ['a', 'b', 'c', 'd'])
      await eventually(`${name} followed`, async () => (await status(name))?.observedGeneration === 1)
    await settled(first)
    await settled(second)
    const [byFirst, bySecond] = [objectsWritten(first), objectsWritten(second)]
    expect(byFirst.length + bySecond.length).toBeGreaterThanOrEqual(4 * 4)
    expect(byFirst.filter((write) => bySecond.includes(write))).toEqual([])
  })

  it('the second one acts after the first has ended, and stands by while it gets an answer', async () => {
    const first = await install('one', 'services:1', impatient)
    await create('shop')
    await actsOn('shop', 'one')
    const second = await install('two', 'services:2', impatient)
    const answeredAt = await eventually('answered', async () => {
      const operator = (await status('shop'))?.operator
      return operator?.standby && operator.answered === operator.standby.askedAt && operator.answered
    })
    await eventually('asked again and answered again', async () => {
      const operator = (await status('shop'))?.operator
      return operator?.answered !== answeredAt && operator?.answered === operator?.standby?.askedAt
    })
    expect(objectsWritten(second)).toEqual([])
    running.shift()
    await first.stop()
    await actsOn('shop', 'two')
    await edit(on, 'shop', (spec) => ({ ...spec, stages: spec.stages.map((one) => ({ ...one, concurrency: 7 })) }))
    await eventually('followed by the second', async () => (await status('shop'))?.observedGeneration === 2)
    expect((await configured('shop'))?.reason).not.toBe('SecondOperator')
    const back = await install('one', 'services:1', impatient)
    await eventually('the pipeline names the first, which is back', async () =>
      (await configured('shop'))?.message.includes(`${on.namespace}/one`),
    )
    await settled(second)
    expect(objectsWritten(back)).toEqual([])
  })
})
