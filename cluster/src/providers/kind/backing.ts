// What stands in the cluster beside the platform on kind? A PostgreSQL with its secrets, a Redis,
// and the add-ons that kind does not bring, such as metrics-server.
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { databaseSecretManifests } from '../../backing/index.ts'
import { addonNames, addonOf } from '../../node/addon-records.ts'
import { manifestFile } from '../../node/addons.ts'
import { containersOf, listOf, objectsOf } from '../../node/objects.ts'
import { applyObjects, exist, type Kubectl } from '../kubectl.ts'
import { pipelineName, shopNamespace } from '../product/steps.ts'

const ownAddons = addonNames
  .map(addonOf)
  .flatMap((addon) => (addon.kindImage === undefined ? [] : [{ ...addon, image: addon.kindImage }]))

export async function installDatabases(kubectl: Kubectl): Promise<void> {
  if (!(await exist(kubectl, shopNamespace, 'secret/postgres-superuser', `secret/${pipelineName}-postgres`))) {
    await applyObjects(kubectl, listOf(secrets(password(), password())))
  }
  for (const name of ['postgres.yaml', 'redis.yaml']) {
    const objects = objectsOf(await readFile(join(import.meta.dirname, 'manifests', name), 'utf8'))
    for (const { metadata } of objects) metadata.namespace = shopNamespace
    await applyObjects(kubectl, listOf(objects))
  }
}

/**
 * The database takes its superuser's password from the first; both URLs name the Service
 * `postgres`.
 */
export function secrets(superuser: string, services: string): ReturnType<typeof databaseSecretManifests> {
  const urls = databaseSecretManifests({
    namespace: shopNamespace,
    database: pipelineName,
    admin: { user: 'postgres', password: superuser },
    services: { user: pipelineName, password: services },
  })
  const metadata = { name: 'postgres-superuser', namespace: shopNamespace, labels: {} }
  return [...urls, { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { password: superuser } }]
}

export async function databasesReady(kubectl: Kubectl): Promise<void> {
  await rolledOut(kubectl, shopNamespace, 'statefulset/postgres')
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

const password = (): string => randomBytes(18).toString('base64url')
