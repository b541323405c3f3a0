// How do DNS, KEDA and metrics-server come into the cluster, and when are they there? Their manifests are applied as one list;
// they are there when their Deployments and aggregated APIs say so.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from '../process/run.ts'
import { silent, type StepProgress } from '../progress/progress.ts'
import { versions } from '../tools/versions.ts'
import { nodePaths, type NodeConfig } from './config.ts'
import { imageName } from './image-names.ts'
import { kedaObjects } from './keda.ts'
import { containersOf, listOf, objectsOf, type KubeObject } from './objects.ts'
import { unavailable } from './availability.ts'

export interface AddonSources {
  /** Source of KEDA's module: the folder that holds config/default. Asked for only when not rendered before. */
  readonly kedaSource: () => Promise<string>
}

/** Applies the manifests; returns as soon as the API server has them. */
export async function installAddons(
  config: NodeConfig,
  sources: AddonSources,
  progress: StepProgress = silent,
): Promise<void> {
  const list = await addonManifests(config, sources)
  progress.note('applying DNS, KEDA and metrics-server')
  const args = ['apply', '--server-side', '--force-conflicts', '--field-manager=orderpipeline-cluster', '-f', list]
  await kubectl(config, args, 120_000)
}

/** Resolves when every addon serves; rejects with what is missing, and why, when `timeoutMs` have passed. */
export async function addonsReady(
  config: NodeConfig,
  progress: StepProgress = silent,
  timeoutMs = 120_000,
): Promise<void> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const missing = unavailable(await observed(config))
    if (missing.length === 0) return
    progress.note(`waiting for ${missing.map(({ name }) => name).join(', ')}`)
    if (performance.now() > end) {
      const reasons = missing.map(({ name, reason }) => `${name}: ${reason}`).join('\n')
      throw new AddonsNotReady(`Not ready after ${timeoutMs / 1000} s:\n${reasons}`)
    }
    await sleep(700)
  }
}

export class AddonsNotReady extends Error {
  readonly reason = 'AddonsNotReady'
  readonly retry = true
}

/** Renders everything once per version to a file; the path of it. Needs no cluster. */
export async function addonManifests(config: NodeConfig, sources: AddonSources): Promise<string> {
  const folder = nodePaths(config).addons
  await mkdir(folder, { recursive: true })
  const keda = join(folder, `keda-${versions.keda}.json`)
  let kedaList = await readFile(keda, 'utf8').catch(() => undefined)
  if (kedaList === undefined) {
    const { stdout } = await kubectl(
      config,
      ['kustomize', join(await sources.kedaSource(), 'config', 'default')],
      60_000,
    )
    kedaList = JSON.stringify(kedaObjects(objectsOf(stdout)))
    await writeFile(`${keda}.new`, kedaList)
    await rename(`${keda}.new`, keda)
  }
  const objects = [...(await ownManifests()), ...(JSON.parse(kedaList) as KubeObject[])]
  const list = join(folder, 'all.json')
  await writeFile(list, listOf(objects))
  return list
}

async function ownManifests(): Promise<KubeObject[]> {
  const objects: KubeObject[] = []
  for (const name of ['coredns', 'metrics-server'] as const) {
    const yaml = await readFile(join(import.meta.dirname, 'manifests', `${name}.yaml`), 'utf8')
    for (const object of objectsOf(yaml)) {
      for (const container of containersOf(object)) container.image = imageName(name)
      objects.push(object)
    }
  }
  return objects
}

async function observed(config: NodeConfig): Promise<KubeObject[]> {
  const { stdout } = await kubectl(config, ['get', 'deployments,apiservices,nodes', '-A', '-o', 'json'], 20_000)
  return (JSON.parse(stdout) as { items: KubeObject[] }).items
}

function kubectl(config: NodeConfig, args: readonly string[], timeoutMs: number) {
  return run(config.tools.kube, ['kubectl', '--kubeconfig', config.credentials.adminKubeconfig, ...args], { timeoutMs })
}
