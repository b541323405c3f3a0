// Do pods wait for their topics? On a real API server, without a Topic Operator.
import { afterEach, expect, it } from 'vitest'
import { orderPipelines, resourceOf } from '../src/api/index.ts'
import {
  children,
  current,
  eventually,
  testEnvironment,
  patch,
  pipelineFrom,
  runOperator,
  settled,
} from './test-environment.ts'
import type { Running } from './test-environment.ts'

let operator: Running | undefined
afterEach(() => operator?.stop())

it('a stage is created after the last of its topics exists, and the status names the missing ones until then', async () => {
  const on = await testEnvironment()
  await on.kube.create(orderPipelines, pipelineFrom('crds/fixtures/minimal.yaml', on))
  operator = await runOperator(on, {}, {}, { topicOperator: false })
  const ofKind = async (kind: string) => (await children(on)).filter((child) => child.kind === kind)
  const topics = await eventually('topics asked for', async () => {
    const objects = await ofKind('KafkaTopic')
    return objects.length === 2 && objects
  })
  const configured = await eventually('waiting', async () =>
    (await current(on, 'minimal'))?.status?.conditions?.find(
      ({ type, reason }) => type === 'Configured' && reason === 'TopicsNotReady',
    ),
  )
  expect(configured.message).toContain('topics that do not exist yet (minimal.')
  const [first, last] = topics
  if (!first || !last) throw new Error('no topics')
  const markCreated = (name: string) =>
    patch(on, resourceOf('KafkaTopic'), name, { status: { topicId: 'id' } }, '/status')
  await markCreated(first.metadata.name)
  await settled(operator)
  expect(await ofKind('Deployment')).toEqual([])
  expect(await ofKind('ScaledObject')).toEqual([])
  await markCreated(last.metadata.name)
  await eventually('a Deployment', async () => (await ofKind('Deployment')).length === 1)
  await eventually('an autoscaler', async () => (await ofKind('ScaledObject')).length === 1)
})
