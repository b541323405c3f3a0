// Does a pipeline that is restored from a copy of its object run the image that it ran, under an
// operator with a newer one, on a real API server? As in docs/guides/operations.md.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { orderPipelines } from '../src/api/index.ts'
import type { Deployment, OrderPipeline } from '../src/api/index.ts'
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

describe('a pipeline that is restored in a new cluster', () => {
  let operator: Running | undefined
  afterEach(() => operator?.stop())
  let [before, after]: TestEnvironment[] = []
  beforeEach(async () => {
    ;[before, after] = [await testEnvironment(), await testEnvironment()]
  })

  it('stays suspended, and then runs the image of its copy', async () => {
    if (!before || !after) throw new Error('there are two namespaces')
    await before.kube.create(orderPipelines, pipelineFrom('crds/fixtures/minimal.yaml', before))
    operator = await runOperator(before, {}, { SERVICES_IMAGE: 'services:1' })
    const old = before
    await eventually('rolled out', async () => {
      await makeReady(old)
      return (await copyOf(old))?.status?.services?.image === 'services:1'
    })
    const copy = await copyOf(before)
    await operator.stop()

    const there = after
    await there.kube.create(orderPipelines, restored(copy, there.namespace))
    operator = await runOperator(there, {}, { SERVICES_IMAGE: 'services:2' })
    await settled(operator)
    for (const { replicas } of await deployments(there)) expect(replicas).toBe(0)
    await edit(there, 'minimal', (spec) => ({ ...spec, suspend: false }))
    await settled(operator)
    const images = (await deployments(there)).map(({ image }) => image)
    expect(new Set(images)).toEqual(new Set(['services:1']))
    expect((await current(there, 'minimal'))?.status?.services?.image).toBe('services:1')
  })
})

async function copyOf(on: TestEnvironment): Promise<OrderPipeline | undefined> {
  return current(on, 'minimal')
}

/** What the page makes of the copy. */
function restored(copy: OrderPipeline | undefined, namespace: string): OrderPipeline {
  if (!copy) throw new Error('there is no copy')
  const { apiVersion, kind, metadata, spec, status } = copy
  const image = spec.image ?? status?.services?.image
  return {
    ...{ apiVersion, kind },
    metadata: { name: metadata.name, namespace },
    spec: { ...spec, suspend: true, ...(image === undefined ? {} : { image }) },
  }
}

async function deployments(on: TestEnvironment) {
  return (await children(on))
    .filter((child): child is Deployment => child.kind === 'Deployment')
    .map(({ spec }) => ({ replicas: spec.replicas, image: spec.template.spec?.containers[0]?.image }))
}
