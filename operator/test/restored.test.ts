// Does a restored pipeline run the same image as before, although the new operator brings a newer
// one? The pipeline is restored from a copy of its object, by the very commands of
// docs/guides/operations.md, on a real API server. Two namespaces stand for the old and the new
// cluster.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { ensureDebianPackages, ensureTool } from '@orderpipeline/cluster'
import { kubeconfig } from '@orderpipeline/cluster/testing'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
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

interface Copies {
  readonly items: readonly OrderPipeline[]
}

const execute = promisify(execFile)
const page = join(import.meta.dirname, '..', '..', 'docs', 'guides', 'operations.md')
const file = 'orderpipelines.json'

describe('a pipeline that is restored in a new cluster', () => {
  let [save, restore]: string[] = []
  beforeAll(async () => {
    ;[save, restore] = await commandsOf('4. OrderPipelines in another cluster')
    await ensureDebianPackages(['jq'])
  }, 600_000)
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'orderpipeline-restored-'))
    const kubectl = `#!/bin/sh\nexec '${await ensureTool('kube')}' kubectl --kubeconfig '${kubeconfig()}' "$@"\n`
    await writeFile(join(folder, 'kubectl'), kubectl, { mode: 0o755 })
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const shell = async (command: string | undefined): Promise<void> => {
    if (command === undefined) throw new Error('the page has no such command')
    const env = { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` }
    await execute('bash', ['-eo', 'pipefail', '-c', command], { cwd: folder, env, timeout: 60_000 })
  }
  /** Leaves the pipelines of other tests out, and moves this one to the other namespace. */
  const moveTo = async (from: TestEnvironment, to: TestEnvironment): Promise<void> => {
    const { items } = JSON.parse(await readFile(join(folder, file), 'utf8')) as Copies
    const own = items.filter(({ metadata }) => metadata.namespace === from.namespace)
    expect(own).toHaveLength(1)
    const copies = own.map((item) => ({ ...item, metadata: { ...item.metadata, namespace: to.namespace } }))
    await writeFile(join(folder, file), JSON.stringify({ apiVersion: 'v1', kind: 'List', items: copies }))
  }

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
    await operator.stop()
    await shell(save)

    const target = newCluster
    await moveTo(source, target)
    await shell(restore)
    expect((await copyOf(target))?.spec).toMatchObject({ suspend: true, image: 'services:1' })
    operator = await runOperator(target, {}, { SERVICES_IMAGE: 'services:2' })
    const observed = async () => {
      const copy = await copyOf(target)
      return copy !== undefined && copy.status?.observedGeneration === copy.metadata.generation
    }
    await eventually('the copy is observed', observed)
    await settled(operator)
    for (const { replicas } of await deployments(target)) expect(replicas).toBe(0)
    await edit(target, 'minimal', (spec) => ({ ...spec, suspend: false }))
    await eventually('its resumption is observed', observed)
    await settled(operator)
    const images = (await deployments(target)).map(({ image }) => image)
    expect(new Set(images)).toEqual(new Set(['services:1']))
    expect((await current(target, 'minimal'))?.status?.services?.image).toBe('services:1')
  })
})

async function copyOf(on: TestEnvironment): Promise<OrderPipeline | undefined> {
  return current(on, 'minimal')
}

/** The commands in the shell blocks of a section of the page, in their order. */
async function commandsOf(section: string): Promise<string[]> {
  const text = (await readFile(page, 'utf8')).split(/^## /m).find((part) => part.startsWith(section)) ?? ''
  return [...text.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, command = '']) => command)
}

async function deployments(on: TestEnvironment) {
  return (await children(on))
    .filter((child): child is Deployment => child.kind === 'Deployment')
    .map(({ spec }) => ({ replicas: spec.replicas, image: spec.template.spec?.containers[0]?.image }))
}
