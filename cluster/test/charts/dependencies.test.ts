// Can order-platform be installed as its documentation describes? Helm itself gets the dependencies
// from the addresses in Chart.yaml, as archives, and renders and packs the chart with them; with
// Helm 4 and with Helm 3.
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { run } from '../../src/process/run.ts'
import { ensureTool } from '../../src/tools/index.ts'
import type { Dependency } from './chart-sources.ts'
import { chart, neededValues, objectsOf, platformWithDependencies } from './helm.ts'
import type { HelmTool, Platform } from './helm.ts'

const whole = ['ClusterRole', 'ConfigMap', 'Deployment', 'Kafka', 'KafkaNodePool', 'OrderPipeline']
async function yaml(path: string): Promise<unknown> {
  return parse(await readFile(path, 'utf8'))
}

describe.each<[HelmTool, 'update' | 'build']>([
  ['helm', 'update'],
  ['helm', 'build'],
  ['helm3', 'update'],
  ['helm3', 'build'],
])('order-platform after %s dependency %s', (tool, how) => {
  let platform: Platform
  let command: string
  beforeAll(async () => {
    command = await ensureTool(tool)
    platform = await platformWithDependencies(tool, how)
  }, 600_000)
  afterAll(() => platform.remove())
  const helm = async (...args: string[]) => (await run(command, args, { timeoutMs: 60_000 })).stdout

  test('has each dependency as an archive from the address in Chart.yaml', async () => {
    const { dependencies } = (await yaml(join(platform.path, 'Chart.yaml'))) as { dependencies: Dependency[] }
    const archives = dependencies.map(({ name, version }) => `${name}-${version}.tgz`)
    expect((await readdir(join(platform.path, 'charts'))).sort()).toEqual(archives.sort())
    for (const { name, repository } of dependencies.filter((each) => !each.repository.startsWith('file:'))) {
      const { host } = new URL(repository)
      expect(platform.requests.some((path) => path.startsWith(host) && path.includes(name))).toBe(true)
    }
  })

  test('renders every subchart, from its folder and from its own archive', async () => {
    const kinds = (text: string) => new Set(objectsOf(text).map(({ kind }) => kind))
    expect([...kinds(await helm('template', 'trial', platform.path, ...neededValues(platform.path)))]).toEqual(
      expect.arrayContaining(whole),
    )
    const packed = (await helm('package', platform.path, '--destination', join(platform.path, '..')))
      .trim()
      .split(': ')
      .at(-1)
    const fromArchive = await helm('template', 'trial', packed ?? '', ...neededValues(platform.path))
    expect([...kinds(fromArchive)]).toEqual(expect.arrayContaining(whole))
  })

  test('does not change the lock file, which is that of these dependencies', async () => {
    expect(await yaml(join(platform.path, 'Chart.lock'))).toEqual(
      await yaml(join(chart('order-platform'), 'Chart.lock')),
    )
  })
})
