// How does a test act on the release of the whole platform? With Helm, as its user does, and with a
// next version of the charts, made from the present ones: higher versions, images under another
// tag, and a definition with another text.
import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kubectlWith, statePaths } from '@orderpipeline/cluster'
import {
  closeGateway,
  installedChart,
  nativeImageNamed,
  pipelineName,
  platformChart,
  platformRelease,
} from '@orderpipeline/cluster/release'

export const nextTag = 'next-version'
const presentDescription = 'A pipeline of Kafka consumers.'
/** How the definition of the next version begins. */
export const nextDescription = 'The next version of a pipeline.'

/** Resolves with what Helm printed; rejects with its output. */
export async function helm(...args: string[]): Promise<string> {
  const all = ['cluster/src/main.ts', 'helm', ...args, '--namespace', platformRelease.namespace]
  const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 300_000 })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exit) => resolve(exit ?? 1))
  })
  if (code !== 0) throw new Error(`helm ${args.join(' ')}: ${stderr.trim() || stdout.trim()}`)
  return stdout
}

export interface NextVersion {
  /** The chart's folder. */
  readonly chart: string
  /** `--set` assignments of its images. */
  readonly images: readonly string[]
  readonly remove: () => Promise<void>
}

/** `tags`: the tags of the images that run now. */
export async function nextVersion(tags: Readonly<Record<'operator' | 'services', string>>): Promise<NextVersion> {
  const dir = await mkdtemp(join(tmpdir(), 'next-version-'))
  const chart = join(dir, platformChart)
  await cp(await installedChart(), chart, { recursive: true })
  for (const part of ['.', 'charts/order-shop', 'charts/orderpipeline-operator']) {
    const file = join(chart, part, 'Chart.yaml')
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('0.1.0', '0.2.0'))
  }
  const definition = join(chart, 'charts/orderpipeline-operator/crds/orderpipelines.yaml')
  const text = await readFile(definition, 'utf8')
  const described = text.replace(presentDescription, nextDescription)
  if (described === text) throw new Error(`the definition does not contain ${JSON.stringify(presentDescription)}`)
  await writeFile(definition, described)
  for (const [name, tag] of Object.entries(tags))
    await nativeImageNamed(`orderpipeline/${name}:${tag}`, `orderpipeline/${name}:${nextTag}`)
  const values = ['orderpipeline-operator.image', 'orderpipeline-operator.servicesImage', 'order-shop.image']
  const images = values.map((value) => `${value}.tag=${nextTag}`)
  return { chart, images, remove: () => rm(dir, { recursive: true }) }
}

/** The release with the values that it has: what was applied over its objects since is gone. */
export async function reapplied(): Promise<void> {
  const kubectl = kubectlWith(statePaths().kubeconfig)
  await closeGateway(kubectl, { namespace: platformRelease.namespace, name: pipelineName })
  await helm('upgrade', platformRelease.name, await installedChart(), '--reset-then-reuse-values', '--force-conflicts')
}
