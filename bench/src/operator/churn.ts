// How soon is an edit applied under constant load? Edits at a steady rate, in parallel with the
// reports of replicas that Kubernetes keeps writing into the Deployments' status.
import { setTimeout as sleep } from 'node:timers/promises'
import { childResources, orderPipelines } from '@orderpipeline/operator/api'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import type { Client } from './client.ts'
import type { Follower } from './follow.ts'
import { collectionPath, stages } from './pipelines.ts'

export interface ChurnOptions {
  readonly namespace: string
  readonly pipelines: number
  readonly seconds: number
  readonly editsPerSecond: number
  readonly reportsPerSecond: number
}

const deployments = childResources.find(({ kind }) => kind === 'Deployment')

/** Seconds from each edit's request until it is applied. */
export async function churn(client: Client, follower: Follower, options: ChurnOptions): Promise<number[]> {
  const { namespace, pipelines, seconds } = options
  const delays: number[] = []
  let turn = 0

  const edit = async (): Promise<void> => {
    const index = turn++ % pipelines
    const name = `shop-${(index * 7919) % pipelines}` // neighbours in time are not neighbours in the store
    const path = `${collectionPath(orderPipelines, namespace)}/${name}`
    const concurrency = 11 + (Math.floor((turn - 1) / pipelines) % 80)
    const spec = { op: 'replace', path: '/spec/stages/2/concurrency', value: concurrency }
    const from = performance.now()
    const answer = await client.send('PATCH', path, [spec], 'application/json-patch+json')
    const { generation = 0 } = (answer as OrderPipeline).metadata
    delays.push(((await follower.seen(name, generation)) - from) / 1_000)
  }
  const report = async (): Promise<void> => {
    const name = `shop-${Math.floor(Math.random() * pipelines)}-step-${Math.floor(Math.random() * stages)}`
    const replicas = 1 + Math.floor(Math.random() * 10)
    const path = `${collectionPath(deployments ?? orderPipelines, namespace)}/${name}/status`
    const status = { replicas, readyReplicas: replicas, updatedReplicas: replicas, availableReplicas: replicas }
    await client.send('PATCH', path, { status }, 'application/merge-patch+json')
  }
  await Promise.all([atRate(options.editsPerSecond, seconds, edit), atRate(options.reportsPerSecond, seconds, report)])
  return delays
}

/** Starts `work` at this rate whether or not earlier calls have ended; resolves when all have. */
async function atRate(perSecond: number, seconds: number, work: () => Promise<void>): Promise<void> {
  const under: Promise<void>[] = []
  const startedAt = performance.now()
  for (let index = 0; index < perSecond * seconds; index += 1) {
    await sleep(Math.max(0, startedAt + (index * 1_000) / perSecond - performance.now()))
    under.push(work())
  }
  await Promise.all(under)
}
