// What stands in the cluster beside the platform on kind? A Redis, and metrics-server, which kind
// does not bring. PostgreSQL comes with the umbrella chart.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { containersOf, listOf, objectsOf } from '../node/objects.ts'
import { applyObjects, exist, type Kubectl } from '../providers/kubectl.ts'
import { pipelineName, shopNamespace } from '../providers/product/steps.ts'
import { versions } from '../tools/versions.ts'

const metricsServerImage = `registry.k8s.io/metrics-server/metrics-server:v${versions.metricsServer}`

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
export const hasFormerDatabase = (kubectl: Kubectl): Promise<boolean> => exist(kubectl, shopNamespace, formerDatabase)

export async function databaseReady(kubectl: Kubectl, former: boolean): Promise<void> {
  await rolledOut(kubectl, shopNamespace, former ? formerDatabase : `statefulset/${pipelineName}-postgres`)
}

export async function installMetricsServer(kubectl: Kubectl): Promise<void> {
  const manifest = join(import.meta.dirname, '..', 'node', 'manifests', 'metrics-server.yaml')
  const objects = objectsOf(await readFile(manifest, 'utf8'))
  for (const container of objects.flatMap(containersOf)) {
    container.image = metricsServerImage
    container.imagePullPolicy = 'IfNotPresent'
  }
  await applyObjects(kubectl, listOf(objects))
}

export async function metricsServerReady(kubectl: Kubectl): Promise<void> {
  await rolledOut(kubectl, 'kube-system', 'deployment/metrics-server')
}

async function rolledOut(kubectl: Kubectl, namespace: string, what: string): Promise<void> {
  await kubectl(['rollout', 'status', what, '--namespace', namespace, '--timeout', '300s'], { timeoutMs: 310_000 })
}
