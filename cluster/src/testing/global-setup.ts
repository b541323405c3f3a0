// What do integration tests stand on? A real PostgreSQL, a real Kafka and a real API server, started side by side once for the
// whole run, only those that the selected tests name, and gone with it.
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startKafka, startPostgres } from '../backing/index.ts'
import { startLightCluster } from '../control-plane/light.ts'
import { inProcessHost, persistedPorts, type Ports, type ProcessHost } from '../process/index.ts'
import { lineProgress } from '../progress/line-progress.ts'
import type { StepProgress } from '../progress/progress.ts'
import { neededBy, type Component } from './needs.ts'

interface Ground {
  readonly host: ProcessHost
  readonly dir: string
  readonly ports: Ports
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const needed = neededBy(await sourcesOf(project))
  if (needed.length === 0) return undefined
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-test-'))
  await chmod(dir, 0o711) // PostgreSQL's own user must be able to pass
  const host = inProcessHost(join(dir, 'processes'))
  const teardown = async () => {
    await host.close()
    await rm(dir, { recursive: true, force: true })
  }
  try {
    const ground = { host, dir, ports: persistedPorts(join(dir, 'ports.json')) }
    await Promise.all(needed.map(async (name) => project.provide(name, await start(name, ground))))
  } catch (error) {
    await teardown()
    throw error
  }
  return teardown
}

const titles: Record<Component, string> = {
  kubeconfig: 'Kubernetes API server',
  postgresUrl: 'PostgreSQL',
  kafkaBootstrap: 'Kafka',
}

async function start(name: Component, ground: Ground): Promise<string> {
  const progress = lineProgress(titles[name], (line) => process.stderr.write(`${line}\n`))
  const answer = await starters[name](ground, progress)
  progress.done()
  return answer
}

const starters: Record<Component, (ground: Ground, progress: StepProgress) => Promise<string>> = {
  kubeconfig: async ({ host, dir }, progress) =>
    (await startLightCluster(host, join(dir, 'cluster'), { progress })).kubeconfigPath,
  postgresUrl: async ({ host, dir, ports }, progress) => {
    const port = await ports.port('postgres')
    return (await startPostgres(host, { dir: join(dir, 'postgres'), port, sizing: 'tests', progress })).adminUrl
  },
  kafkaBootstrap: async ({ host, dir, ports }, progress) => {
    const port = await ports.port('kafka')
    const controllerPort = await ports.port('kafka-controller')
    const options = { dir: join(dir, 'kafka'), port, controllerPort, sizing: 'tests', progress } as const
    return (await startKafka(host, options)).bootstrapServers
  },
}

/** The selected test files, and every file of their `test` folders that is no test: one that they import may be what asks. */
async function sourcesOf(project: TestProject): Promise<string[]> {
  // Not in the public types; where it is missing every file counts as selected, which is only slower.
  const { filenamePattern } = project.vitest as unknown as { readonly filenamePattern?: string[] }
  const { testFiles } = await project.globTestFiles(filenamePattern)
  const folders = [...new Set(testFiles.map(testFolder))]
  const beside = await Promise.all(
    folders.map(async (folder) => (await readdir(folder, { recursive: true })).map((name) => join(folder, name))),
  )
  const support = beside.flat().filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  return await Promise.all([...testFiles, ...support].map((file) => readFile(file, 'utf8')))
}

const testFolder = (file: string) => /^.*\/test(?=\/)/.exec(file)?.[0] ?? dirname(file)
