// Does the README say how a cluster of one's own gets the platform, and what a cluster answers? Its
// helm commands are run on the chart with its dependencies, and what it shows of kubectl is what
// kubectl prints on a real API server.
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { blocksOf, formOf, kubeconfig, shownOn } from '@orderpipeline/cluster/testing'
import { run } from '../../src/process/run.ts'
import { ensureTool } from '../../src/tools/index.ts'
import { objectsOf, platformWithDependencies, podsOf, repository } from './helm.ts'
import type { Container, Platform } from './helm.ts'

interface Pipeline {
  readonly metadata: Record<string, string>
  readonly spec: { stages: { name: string; consumes: { topic: string }[]; scaling: Record<string, number> }[] }
}

const namespace = 'readme-under-test'
let page: string
let platform: Platform
let bin: string

async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const options = { timeoutMs: 60_000, ...(input !== undefined && { input }) }
  const all = ['kubectl', '--kubeconfig', kubeconfig(), '-n', namespace, ...args]
  return (await run(await ensureTool('kube'), all, options)).stdout
}

beforeAll(async () => {
  page = await readFile(join(repository, 'README.md'), 'utf8')
  platform = await platformWithDependencies()
  bin = await mkdtemp(join(tmpdir(), 'readme-bin-'))
  await symlink(await ensureTool('helm'), join(bin, 'helm'))
  await kubectl(['create', 'namespace', namespace])
})
afterAll(async () => {
  await platform.remove()
  await rm(bin, { recursive: true })
})

/** The pipeline to copy. */
function pipeline(): Pipeline {
  const [text = ''] = blocksOf(page).flatMap((block) => (/^kind: OrderPipeline$/m.test(block.text) ? [block.text] : []))
  return parse(text) as Pipeline
}

/** The output on the page that begins so. */
function output(begins: string): string {
  const match = shownOn(page).outputs.find(({ text }) => text.startsWith(begins))
  if (!match) throw new Error(`the README has no output that begins with ${begins}`)
  return match.text
}

test('the helm commands of the README install the operator and the shop, with the images pushed before them', async () => {
  const { commands } = shownOn(page)
  const [update, install = '', ...others] = commands.filter((command) => command.startsWith('helm '))
  expect(update).toBe('helm dependency update charts/order-platform') // what platformWithDependencies has done
  expect([install.split(' ').slice(0, 4), others]).toEqual([
    ['helm', 'install', 'platform', 'charts/order-platform'],
    [],
  ])
  const cwd = dirname(dirname(platform.path))
  const env = { ...process.env, PATH: [bin, process.env['PATH']].join(delimiter), KUBECONFIG: join(bin, 'none') }
  const script = `${install} --dry-run=client`
  const { stdout } = await run('bash', ['-c', script], { cwd, env, timeoutMs: 60_000 })
  const objects = objectsOf(stdout.slice(stdout.indexOf('\n---\n')).replace(/^NOTES:[^]*$/m, ''))
  expect(objects.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['Deployment', 'Kafka', 'OrderPipeline']))
  const images = podsOf(objects).flatMap(({ spec }) =>
    spec.containers.map((each) => (each as Container & { image?: string }).image),
  )
  const pushed = commands.flatMap((command) => /^docker push (\S+)$/.exec(command)?.[1] ?? [])
  expect(pushed).toHaveLength(2)
  for (const image of pushed) expect(images).toContain(image)
})

test('a wrong pipeline is refused by the API server in the words of the README', async () => {
  const wrong = pipeline()
  const [, inventory, payment] = wrong.spec.stages
  if (!inventory || !payment) throw new Error('the pipeline of the README has no stages inventory and payment')
  inventory.scaling['maxReplicas'] = 2
  payment.consumes = [{ topic: 'inventory.udpated' }]
  const refused = kubectl(['apply', '--dry-run=server', '-f', '-'], JSON.stringify(wrong))
  const message = await refused.then(
    () => 'it is accepted',
    (error: unknown) => String(error),
  )
  for (const line of output('The OrderPipeline "shop" is invalid').trim().split('\n')) expect(message).toContain(line)
})

test('the pipeline of the README is accepted, and kubectl shows it in the columns of the README', async () => {
  await kubectl(['apply', '-f', '-'], JSON.stringify(pipeline()))
  const [columns = ''] = (await kubectl(['get', 'op'])).split('\n')
  expect(formOf(columns)).toBe(formOf(output('NAME   READY').split('\n')[0] ?? ''))
  await kubectl(['delete', 'op', 'shop'])
})
