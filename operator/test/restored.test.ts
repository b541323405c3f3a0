// Does a restored pipeline run the same image as before, although the new operator brings a newer
// one? The pipeline is restored from a copy of its object, as docs/guides/operations.md says, on a
// real API server. Two namespaces stand for the old and the new cluster.
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
  let [oldCluster, newCluster]: TestEnvironment[] = []
  beforeEach(async () => {
    ;[oldCluster, newCluster] = [await testEnvironment(), await testEnvironment()]
  })

  it('stays suspended until it is resumed, and then runs the image recorded in its copy', async () => {
    if (!oldCluster || !newCluster) throw new Error('the test needs two namespaces')
    const source = oldCluster
    await source.kube.create(orderPipelines, pipelineFrom('crds/fixtures/minimal.yaml', source))
    operator = await runOperator(source, {}, { SERVICES_IMAGE: 'services:1' })
    await eventually('rolled out', async () => {
      await makeReady(source)
      return (await copyOf(source))?.status?.services?.image === 'services:1'
    })
    const copy = await copyOf(source)
    await operator.stop()

    const target = newCluster
    await target.kube.create(orderPipelines, restored(copy, target.namespace))
    operator = await runOperator(target, {}, { SERVICES_IMAGE: 'services:2' })
    await settled(operator)
    for (const { replicas } of await deployments(target)) expect(replicas).toBe(0)
    await edit(target, 'minimal', (spec) => ({ ...spec, suspend: false }))
    await settled(operator)
    const images = (await deployments(target)).map(({ image }) => image)
    expect(new Set(images)).toEqual(new Set(['services:1']))
    expect((await current(target, 'minimal'))?.status?.services?.image).toBe('services:1')
  })
})

async function copyOf(on: TestEnvironment): Promise<OrderPipeline | undefined> {
  return current(on, 'minimal')
}

/** The object that the `jq` command of docs/guides/operations.md makes from the copy. */
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
