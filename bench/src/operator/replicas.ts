// Which process reports that replicas run? This one writes what a Deployment controller writes once
// all pods of a version are available: until then the operator looks at the pods.
import type { KubeObject } from '@orderpipeline/operator/api'
import { childResources } from '@orderpipeline/operator/api'
import type { Client } from './client.ts'
import { collectionPath } from './pipelines.ts'

const deployments = childResources.find(({ kind }) => kind === 'Deployment')
const pageSize = 500

interface Deployment extends KubeObject {
  readonly spec: { readonly replicas?: number }
  readonly status?: { readonly observedGeneration?: number }
}

/** Every Deployment whose newest version is not reported yet; returns how many these were. */
export async function replicasReady(client: Client, namespace: string, atOnce: number): Promise<number> {
  if (!deployments) throw new Error('no Deployments')
  const path = collectionPath(deployments, namespace)
  let [next, count] = ['', 0]
  do {
    const page = (await client.send('GET', `${path}?limit=${pageSize}&continue=${next}`)) as {
      readonly items: readonly Deployment[]
      readonly metadata: { readonly continue?: string }
    }
    const waiting = page.items.filter(({ metadata, status }) => status?.observedGeneration !== metadata.generation)
    count += waiting.length
    const remaining = waiting.values() // shared: a free worker takes the next
    const worker = async (): Promise<void> => {
      for (const one of remaining) await report(client, path, one)
    }
    await Promise.all(Array.from({ length: atOnce }, worker))
    next = encodeURIComponent(page.metadata.continue ?? '')
  } while (next !== '')
  return count
}

async function report(client: Client, path: string, { metadata, spec: { replicas = 1 } }: Deployment): Promise<void> {
  const all = { replicas, readyReplicas: replicas, updatedReplicas: replicas, availableReplicas: replicas }
  const status = { observedGeneration: metadata.generation, ...all }
  await client.send('PATCH', `${path}/${metadata.name}/status`, { status }, 'application/merge-patch+json')
}
