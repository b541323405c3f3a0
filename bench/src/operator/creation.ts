// How long does it take until all objects of many pipelines exist? Written by the operator, and by
// a bare client, with as many requests at once.
import { childResources, orderPipelines } from '@orderpipeline/operator/api'
import { writeBare } from './bare.ts'
import type { BareResult, Way } from './bare.ts'
import { clientOf, processorSeconds, residentBytes } from './client.ts'
import type { Client } from './client.ts'
import type { ControlPlane } from './control-plane.ts'
import { follow } from './follow.ts'
import type { Follower } from './follow.ts'
import { benchPipeline, collectionPath, pathOf } from './pipelines.ts'
import { runOperator } from './process.ts'
import type { OperatorProcess } from './process.ts'
import { topicsMade } from './topics.ts'

export interface CreationOptions {
  readonly pipelines: number
  readonly say: (line: string) => void
}

/** As many requests at once as the operator has connections. */
export const atOnce = 32

export function secondsText(value: number) {
  return `${value.toFixed(value < 10 ? 2 : 1)} s`
}

export interface BareRun extends BareResult {
  /** Processor seconds, those of the API server and etcd included. */
  readonly processor: number
}

/** `present`: the objects that the API server has more than before, the pipelines included. */
export async function bareCreation(
  { kubeconfig, namespace, serverProcessor }: ControlPlane,
  way: Way,
  { pipelines, say }: CreationOptions,
): Promise<BareRun & { readonly present: number }> {
  const client = await clientOf(kubeconfig, atOnce)
  try {
    const before = await count(client, namespace)
    const [own, servers] = [process.cpuUsage(), await serverProcessor()]
    const result = await writeBare(client, namespace, pipelines, { way, atOnce }, say)
    const { user, system } = process.cpuUsage(own)
    const processor = (user + system) / 1e6 + (await serverProcessor()) - servers
    return { ...result, processor, present: (await count(client, namespace)) - before }
  } finally {
    client.close()
  }
}

/** The operator on a control plane, and what is needed to watch it. */
export interface RunningOperator {
  readonly client: Client
  readonly operator: OperatorProcess
  readonly follower: Follower
  /** Highest resident memory so far, bytes. */
  readonly memory: () => number
  close(): Promise<void>
}

export async function startOperator(
  { kubeconfig, namespace, dir }: ControlPlane,
  say: (line: string) => void,
): Promise<RunningOperator> {
  const client = await clientOf(kubeconfig, atOnce)
  const operator = await runOperator(kubeconfig, namespace, dir)
  const memory = watchMemory(operator)
  const follower = follow(client, namespace)
  const topics = topicsMade(client, namespace, say)
  const close = async (): Promise<void> => {
    memory.stop()
    follower.close()
    topics.close()
    await operator.stop()
    client.close()
  }
  return { client, operator, follower, memory: memory.highest, close }
}

export interface Creation {
  readonly seconds: number
  /** The objects that there are more than before, the pipelines included. */
  readonly objects: number
  /** Processor seconds, those of the API server and etcd included. */
  readonly processor: number
  /** Those of the operator alone. */
  readonly own: number
}

/** Creates all pipelines and waits until the operator has applied the last one. */
export async function measureCreation(
  { client, operator, follower }: RunningOperator,
  { namespace, serverProcessor }: ControlPlane,
  options: CreationOptions,
): Promise<Creation> {
  const used = () => processorSeconds(operator.pid) ?? NaN
  const before = await count(client, namespace)
  const [ownBefore, serversBefore] = [used(), await serverProcessor()]
  const seconds = await createAll(client, follower, namespace, options)
  const own = used() - ownBefore
  const processor = own + (await serverProcessor()) - serversBefore
  return { seconds, own, processor, objects: (await count(client, namespace)) - before }
}

async function createAll(
  client: Client,
  follower: Follower,
  namespace: string,
  { pipelines, say }: CreationOptions,
): Promise<number> {
  const startedAt = performance.now()
  const elapsed = () => (performance.now() - startedAt) / 1_000
  const progress = setInterval(
    () => say(`${elapsed().toFixed(0).padStart(5)} s  ${follower.applied()} of ${pipelines} pipelines applied`),
    5_000,
  )
  const names = Array.from({ length: pipelines }, (_, index) => `shop-${index}`)
  const all = names.map((name) => follower.seen(name, 1))
  await Promise.all(
    names.map(async (name) => {
      const pipeline = benchPipeline(name, namespace)
      await client.send('POST', pathOf(pipeline), pipeline)
    }),
  )
  say(`${elapsed().toFixed(0).padStart(5)} s  all pipelines are created`)
  const last = Math.max(...(await Promise.all(all)))
  clearInterval(progress)
  return (last - startedAt) / 1_000
}

async function count(client: Client, namespace: string): Promise<number> {
  const totals = await Promise.all(
    [orderPipelines, ...childResources].map(async (resource) => {
      const path = `${collectionPath(resource, namespace)}?limit=1`
      const { items, metadata } = (await client.send('GET', path)) as {
        items: unknown[]
        metadata: { remainingItemCount?: number }
      }
      return items.length + (metadata.remainingItemCount ?? 0)
    }),
  )
  return totals.reduce((sum, one) => sum + one, 0)
}

function watchMemory(operator: OperatorProcess): { highest: () => number; stop: () => void } {
  let highest = 0
  const timer = setInterval(() => {
    highest = Math.max(highest, residentBytes(operator.pid) ?? 0)
  }, 500)
  return { highest: () => highest, stop: () => clearInterval(timer) }
}
