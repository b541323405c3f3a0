// How do DNS, KEDA and metrics-server come into the cluster, and when are they there? What others
// need of them without their running (definitions, rights) is applied at once; each of them once
// its image is there. They serve when their Deployments and aggregated APIs say so.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from '../process/run.ts'
import { silent } from '../progress/progress.ts'
import type { StepProgress } from '../progress/progress.ts'
import { versions } from '../tools/versions.ts'
import { addonNames, addonOf, addonPrograms } from './addon-records.ts'
import type { AddonName } from './addon-records.ts'
import { nodePaths } from './config.ts'
import type { NodeConfig } from './config.ts'
import { imageName } from './image-names.ts'
import { kedaObjects } from './keda.ts'
import { containersOf, listOf, objectsOf } from './objects.ts'
import type { KubeObject } from './objects.ts'
import { unavailable } from './availability.ts'

export interface AddonSources {
  /**
   * Source of KEDA's module: the folder that holds config/default. Needed only when the manifests
   * were not rendered before.
   */
  readonly kedaSource: () => Promise<string>
}

/** `definitions`: the part of the required add-ons that needs no image. */
export type Addon = 'definitions' | AddonName

/** Applies the manifests; returns as soon as the API server has them. */
export async function installAddon(
  config: NodeConfig,
  sources: AddonSources,
  addon: Addon,
  progress: StepProgress = silent,
): Promise<void> {
  const list = await addonManifests(config, sources, addon)
  progress.note('applying its manifests')
  const args = ['apply', '--server-side', '--force-conflicts', '--field-manager=orderpipeline-cluster', '-f', list]
  await kubectl(config, args, 120_000)
}

/**
 * Resolves when the addon serves; rejects with what is missing, and why, when `timeoutMs` have
 * passed.
 */
export async function addonReady(
  config: NodeConfig,
  addon: AddonName,
  progress: StepProgress = silent,
  timeoutMs = 120_000,
): Promise<void> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const missing = unavailable(addon, await observe(config))
    if (missing.length === 0) return
    progress.note(`waiting for ${missing.map(({ name }) => name).join(', ')}`)
    if (performance.now() > end) {
      const reasons = missing.map(({ name, reason }) => `${name}: ${reason}`).join('\n')
      throw new AddonsNotReadyError(`Not ready after ${timeoutMs / 1000} s:\n${reasons}`)
    }
    await sleep(700)
  }
}

export class AddonsNotReadyError extends Error {
  override readonly name = 'AddonsNotReadyError'
  readonly reason = 'AddonsNotReady'
  readonly retry = true
}

/** Renders them to a file, KEDA's once per version; the path of it. Needs no cluster. */
export async function addonManifests(config: NodeConfig, sources: AddonSources, addon: Addon): Promise<string> {
  const folder = nodePaths(config).addons
  await mkdir(folder, { recursive: true })
  const objects = await (addon === 'definitions' ? definitions(config, sources) : serving(config, sources, addon))
  const list = join(folder, `${addon}.json`)
  await writeFile(list, listOf(objects))
  return list
}

async function definitions(config: NodeConfig, sources: AddonSources): Promise<KubeObject[]> {
  const requiredAddons = addonNames.filter((name) => addonOf(name).neededForReady)
  const objects = await Promise.all(requiredAddons.map((name) => allManifests(config, sources, name)))
  return objects.flat().filter((each) => !serves(each))
}

/** The objects that are not part of `definitions`. */
async function serving(config: NodeConfig, sources: AddonSources, addon: AddonName): Promise<KubeObject[]> {
  const objects = await allManifests(config, sources, addon)
  return addonOf(addon).neededForReady ? objects.filter(serves) : objects
}

function allManifests(config: NodeConfig, sources: AddonSources, addon: AddonName): Promise<KubeObject[]> {
  const { manifests } = addonOf(addon)
  return manifests === 'keda' ? kedaManifests(config, sources) : ownManifests(manifests)
}

/** Needs an image, or an answer from a program that runs in one. */
function serves({ kind }: KubeObject) {
  return kind === 'Deployment' || kind === 'APIService'
}

async function kedaManifests(config: NodeConfig, sources: AddonSources): Promise<KubeObject[]> {
  const keda = join(nodePaths(config).addons, `keda-${versions.keda}.json`)
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
  return JSON.parse(kedaList) as KubeObject[]
}

/** Each container of a manifest is named like the program that it runs. */
async function ownManifests(file: string): Promise<KubeObject[]> {
  const objects = objectsOf(await readFile(manifestFile(file), 'utf8'))
  for (const container of objects.flatMap(containersOf)) {
    const program = addonPrograms.find((name) => name === container.name)
    if (!program)
      throw new Error(`${file}: found the container ${container.name}; allowed: ${addonPrograms.join(', ')}`)
    container.image = imageName(program)
  }
  return objects
}

export function manifestFile(name: string): string {
  return join(import.meta.dirname, 'manifests', name)
}

async function observe(config: NodeConfig): Promise<KubeObject[]> {
  const { stdout } = await kubectl(config, ['get', 'deployments,apiservices,nodes', '-A', '-o', 'json'], 20_000)
  return (JSON.parse(stdout) as { items: KubeObject[] }).items
}

function kubectl(config: NodeConfig, args: readonly string[], timeoutMs: number) {
  return run(config.tools.kube, ['kubectl', '--kubeconfig', config.credentials.adminKubeconfig, ...args], { timeoutMs })
}
