// What if something else writes what the operator writes? On a real API server, with another writer
// that never stops.
import { expect, it } from 'vitest'
import { orderPipelines, resourceOf } from '../src/api/index.ts'
import {
  child,
  current,
  eventually,
  testEnvironment,
  patch,
  pipelineFrom,
  runOperator,
  settled,
} from './test-environment.ts'

it('an object that another writer changes back each time is repaired with a growing delay, and the status names it', async () => {
  const on = await testEnvironment()
  const pipeline = pipelineFrom('crds/fixtures/minimal.yaml', on)
  const { name } = pipeline.metadata
  await on.kube.create(orderPipelines, pipeline)
  const operator = await runOperator(on)
  const budgets = resourceOf('PodDisruptionBudget')
  const budget = `${name}-notification`
  const limit = async () => {
    const live = await child(on, 'PodDisruptionBudget', budget)
    return live?.kind === 'PodDisruptionBudget' ? live.spec.maxUnavailable : undefined
  }
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await eventually('as the operator wants it', async () => (await limit()) === '25%')
    await patch(on, budgets, budget, { spec: { maxUnavailable: 7 } })
  }
  await eventually('repaired a third time', async () => (await limit()) === '25%')
  const configured = async () =>
    (await current(on, name))?.status?.conditions?.find(({ type }) => type === 'Configured')
  const condition = await eventually('contested', async () => {
    const latest = await configured()
    return latest?.reason === 'Contested' && latest
  })
  expect(condition).toMatchObject({ status: 'True' })
  expect(condition.message).toContain(`PodDisruptionBudget ${budget} is changed back at spec.maxUnavailable`)
  await patch(on, budgets, budget, { spec: { maxUnavailable: 7 } })
  await settled(operator)
  expect(await limit()).toBe(7)
  const metrics = await (await fetch(`http://127.0.0.1:${operator.port}/metrics`)).text()
  expect(metrics).toContain('orderpipeline_drift_repairs_total{kind="PodDisruptionBudget"} 3')
  await operator.stop()
})
