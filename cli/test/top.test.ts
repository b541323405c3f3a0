import { readFileSync } from 'node:fs'
import { CustomObjectsApi, KubeConfig } from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { parse } from 'yaml'
import '@orderpipeline/cluster/testing'
import { commands } from '../src/commands/index.ts'
import { program } from '../src/program.ts'

const at = { group: 'orderpipeline.dev', version: 'v1alpha1', namespace: 'default', plural: 'orderpipelines' }
const name = 'watched'
let api: CustomObjectsApi

beforeAll(async () => {
  const config = new KubeConfig()
  config.loadFromFile(inject('kubeconfig'))
  api = config.makeApiClient(CustomObjectsApi)
  const shop = parse(readFileSync(new URL('../../examples/shop.yaml', import.meta.url), 'utf8')) as object
  await api.createNamespacedCustomObject({ ...at, body: { ...shop, metadata: { name } } })
})
afterAll(() => api.deleteNamespacedCustomObject({ ...at, name }))

/** `onOutput`: given all of its output so far. */
async function run(
  args: readonly string[],
  kubeconfig = inject('kubeconfig'),
  signal = new AbortController().signal,
  onOutput: (stdout: string) => void = () => undefined,
) {
  let stdout = ''
  let stderr = ''
  const write = (text: string) => {
    stdout += text
    onOutput(stdout)
  }
  const environment = {
    stdout: { write },
    stderr: { write: (text: string) => (stderr += text) },
    colour: false,
    kubeconfig,
    kubeconfigCandidates: [],
  }
  const code = await program(commands, environment, signal).run(args)
  return { code, stdout, stderr }
}

test('top shows a pipeline of the cluster, with every stage and its bounds', async () => {
  const { code, stdout } = await run(['top', name, '--once'])
  expect(code).toBe(0)
  expect(stdout).toContain(`default/${name}  Ready?`)
  for (const [stage, bounds] of [
    ['gateway', '5-50'],
    ['orders', '10-100'],
    ['payment', '5-100'],
  ])
    expect(stdout).toMatch(new RegExp(`^${stage} .* ${bounds} `, 'm'))
})

test('top prints JSON for programs', async () => {
  const { stdout } = await run(['top', '--once', '--json'])
  const { pipelines } = JSON.parse(stdout) as { pipelines: { name: string; stages: unknown[] }[] }
  expect(pipelines.find((pipeline) => pipeline.name === name)?.stages).toHaveLength(6)
})

test('top continues until it is interrupted', async () => {
  const interrupt = new AbortController()
  const tables = (stdout: string) => stdout.split('STAGE').length - 1
  const interruptLater = (stdout: string) => {
    if (tables(stdout) > 2) interrupt.abort()
  }
  const args = ['top', name, '--interval', '0.2']
  const { code, stdout } = await run(args, undefined, interrupt.signal, interruptLater)
  expect(code).toBe(0)
  expect(tables(stdout)).toBeGreaterThan(2)
})

test('top reports an error and what to do about it', async () => {
  expect(await run(['top', 'nothing', '--once'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no OrderPipeline default/nothing.\nApply one') as string,
  })
  expect(await run(['top'], '/does/not/exist')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(
      'No kubeconfig found in /does/not/exist.\nStart the pipeline here with `npm start`, or the local cluster with `npm run up`',
    ) as string,
  })
  expect(await run(['top', '--interval', '0'])).toMatchObject({ code: 2 })
  expect(await run(['topp'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("unknown command 'topp'") as string,
  })
  expect((await run(['top', '--help'])).stdout).toContain('--namespace')
})
