// Which components do integration tests use? A real PostgreSQL, a real Kafka and a real API server,
// started in parallel once for the whole run, only those that the selected tests name, and stopped
// with it.
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startKafka, startPostgres } from '../backing/index.ts'
import { startLightCluster } from '../control-plane/light.ts'
import { inProcessHost, persistedPorts } from '../process/index.ts'
import type { Ports, ProcessHost } from '../process/index.ts'
import { lineProgress } from '../progress/line-progress.ts'
import type { StepProgress } from '../progress/progress.ts'
import { componentsNamedIn } from './needs.ts'
import type { Component } from './needs.ts'
import { securedListener } from './secured-kafka.ts'
import { startedMeasure } from './slowest-reporter.ts'

interface TestEnvironment {
  readonly host: ProcessHost
  readonly dir: string
  readonly ports: Ports
  readonly components: readonly Component[]
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const components = componentsNamedIn(await sourcesOf(project))
  if (components.length === 0) return undefined
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-test-'))
  await chmod(dir, 0o711) // PostgreSQL's own user must be able to pass
  const host = inProcessHost(join(dir, 'processes'))
  const teardown = async () => {
    await host.close()
    await rm(dir, { recursive: true, force: true })
  }
  try {
    const ground: TestEnvironment = { host, dir, ports: persistedPorts(join(dir, 'ports.json')), components }
    const secured = components.includes('securedKafka')
    // Both are one Kafka, so a request for the second name is enough to start it.
    const names = components.filter((name) => name !== 'securedKafka').concat(secured ? 'kafkaBootstrap' : [])
    await Promise.all([...new Set(names)].map((name) => start(name, ground, project)))
  } catch (error) {
    await teardown()
    throw error
  }
  return teardown
}

type Started = Exclude<Component, 'securedKafka'>

const titles: Record<Started, string> = {
  kubeconfig: 'Kubernetes API server',
  postgresUrl: 'PostgreSQL',
  kafkaBootstrap: 'Kafka',
}

async function start(name: Started, ground: TestEnvironment, project: TestProject): Promise<void> {
  const progress = lineProgress(titles[name], (line) => process.stderr.write(`${line}\n`))
  const startedAt = performance.now()
  await starters[name](ground, progress, project)
  performance.measure(startedMeasure + titles[name], { start: startedAt, end: performance.now() })
  progress.done()
}

const starters: Record<
  Started,
  (ground: TestEnvironment, progress: StepProgress, project: TestProject) => Promise<void>
> = {
  kubeconfig: async ({ host, dir }, progress, project) => {
    project.provide('kubeconfig', (await startLightCluster(host, join(dir, 'cluster'), { progress })).kubeconfigPath)
  },
  postgresUrl: async ({ host, dir, ports }, progress, project) => {
    const port = await ports.port('postgres')
    const options = { dir: join(dir, 'postgres'), port, sizing: 'tests', progress } as const
    project.provide('postgresUrl', (await startPostgres(host, options)).adminUrl)
  },
  kafkaBootstrap: async ({ host, dir, ports, components }, progress, project) => {
    const port = await ports.port('kafka')
    const controllerPort = await ports.port('kafka-controller')
    const secured = components.includes('securedKafka')
      ? await securedListener(await ports.port('kafka-secured'), await ports.port('kafka-mutual'), new Date())
      : undefined
    const options = { dir: join(dir, 'kafka'), port, controllerPort, sizing: 'tests', progress } as const
    const kafka = await startKafka(host, { ...options, ...(secured ? { secured: secured.listener } : {}) })
    project.provide('kafkaBootstrap', kafka.bootstrapServers)
    if (secured) project.provide('securedKafka', secured.access)
  },
}

/**
 * The selected test files, and every file of their `test` folders and of their packages'
 * `src/testing` that is no test: one that they import may be what requests a component.
 */
async function sourcesOf(project: TestProject): Promise<string[]> {
  // Not in the public types; where it is missing every file counts as selected, which is only
  // slower.
  const { filenamePattern } = project.vitest as unknown as { readonly filenamePattern?: string[] }
  const { testFiles } = await project.globTestFiles(filenamePattern)
  const tests = [...new Set(testFiles.map(testFolder))]
  const folders = [...tests, ...tests.map(supportFolder).filter(existsSync)]
  const siblings = await Promise.all(
    folders.map(async (folder) => (await readdir(folder, { recursive: true })).map((name) => join(folder, name))),
  )
  const support = siblings.flat().filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  return await Promise.all([...testFiles, ...support].map((file) => readFile(file, 'utf8')))
}

function testFolder(file: string) {
  return /^.*\/test(?=\/)/.exec(file)?.[0] ?? dirname(file)
}

/** A package below tests/ has nothing else in its src. */
function supportFolder(folder: string) {
  const isOfTests = basename(dirname(dirname(folder))) === 'tests'
  return isOfTests ? join(folder, '..', 'src') : join(folder, '..', 'src', 'testing')
}
