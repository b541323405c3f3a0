// What runs in the cluster next to the platform on kind? A Redis, and the add-ons that kind does
// not bring, such as metrics-server. PostgreSQL comes with the umbrella chart.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { addonNames, addonOf } from '../../node/addon-records.ts'
import { manifestFile } from '../../node/addons.ts'
import { containersOf, listOf, objectsOf } from '../../node/objects.ts'
import { applyObjects, exist } from '../kubectl.ts'
import type { Kubectl } from '../kubectl.ts'
import { pipelineName, shopNamespace } from '../product/steps.ts'

const ownAddons = addonNames
  .map(addonOf)
  .flatMap((addon) => (addon.kindImage === undefined ? [] : [{ ...addon, image: addon.kindImage }]))

export async function installRedis(kubectl: Kubectl): Promise<void> {
  const objects = objectsOf(await readFile(join(import.meta.dirname, 'manifests', 'redis.yaml'), 'utf8'))
  for (const { metadata } of objects) metadata.namespace = shopNamespace
  await applyObjects(kubectl, listOf(objects))
}

const formerDatabase = 'statefulset/postgres'

/**
 * Whether an older version made the cluster, which brought a PostgreSQL of its own: its orders stay
 * where they are, and the chart brings none.
 */
export function hasFormerDatabase(kubectl: Kubectl): Promise<boolean> {
  return exist(kubectl, shopNamespace, formerDatabase)
}

export async function databaseReady(kubectl: Kubectl, former: boolean): Promise<void> {
  await rolledOut(kubectl, shopNamespace, former ? formerDatabase : `statefulset/${pipelineName}-postgres`)
}

export const addonTitles = ownAddons.map(({ title }) => title).join(', ')

/** The add-ons that kind does not bring, with their published images. */
export async function installAddons(kubectl: Kubectl): Promise<void> {
  for (const { manifests, image } of ownAddons) {
    const objects = objectsOf(await readFile(manifestFile(manifests), 'utf8'))
    for (const container of objects.flatMap(containersOf)) {
      container.image = image
      container.imagePullPolicy = 'IfNotPresent'
    }
    await applyObjects(kubectl, listOf(objects))
  }
}

export async function addonsReady(kubectl: Kubectl): Promise<void> {
  const deployments = ownAddons.flatMap((addon) => addon.deployments)
  await Promise.all(deployments.map((name) => rolledOut(kubectl, 'kube-system', `deployment/${name}`)))
}

async function rolledOut(kubectl: Kubectl, namespace: string, what: string): Promise<void> {
  await kubectl(['rollout', 'status', what, '--namespace', namespace, '--timeout', '300s'], { timeoutMs: 310_000 })
}
