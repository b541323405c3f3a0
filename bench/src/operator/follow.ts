// When has a pipeline been applied? When its status says that this generation is configured:
// nothing of it waits any more.
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { orderPipelines } from '@orderpipeline/operator/api'
import type { Client } from './client.ts'
import { collectionPath } from './pipelines.ts'

export interface Follower {
  readonly applied: () => number
  /**
   * Resolves with the time, as of performance.now(), at which the pipeline's generation was seen
   * applied.
   */
  seen(name: string, generation: number): Promise<number>
  close(): void
}

interface Waiter {
  readonly generation: number
  readonly tell: (at: number) => void
}

export function follow(client: Client, namespace: string): Follower {
  const ending = new AbortController()
  const observed = new Map<string, number>()
  const waiting = new Map<string, readonly Waiter[]>()
  const take = ({ metadata, status }: OrderPipeline): void => {
    const { name } = metadata
    const configured = status?.conditions?.find(({ type }) => type === 'Configured')
    const generation = configured?.status === 'True' ? (configured.observedGeneration ?? 0) : 0
    if (generation === 0) return
    observed.set(name, generation)
    const waiters = waiting.get(name) ?? []
    for (const waiter of waiters) if (waiter.generation <= generation) waiter.tell(performance.now())
    const left = waiters.filter((waiter) => waiter.generation > generation)
    if (left.length > 0) waiting.set(name, left)
    else waiting.delete(name)
  }
  /**
   * Again and again: an API server ends its watches when a CRD has settled, and each new one begins
   * with all there is.
   */
  const read = async (): Promise<void> => {
    const path = `${collectionPath(orderPipelines, namespace)}?watch=true&timeoutSeconds=3600`
    while (!ending.signal.aborted)
      for await (const event of client.watch(path, ending.signal)) {
        const { type, object } = event as { readonly type: string; readonly object: OrderPipeline }
        if (type !== 'ERROR') take(object)
      }
  }
  const asked = new Promise<never>(() => {}) // an end that was asked for is no news
  const reading = read().catch((error: unknown) => (ending.signal.aborted ? asked : Promise.reject(error as Error)))
  reading.catch(() => {}) // told to whoever waits
  return {
    applied: () => observed.size,
    seen: (name, generation) =>
      (observed.get(name) ?? 0) >= generation
        ? Promise.resolve(performance.now())
        : Promise.race([
            new Promise<number>((tell) => waiting.set(name, [...(waiting.get(name) ?? []), { generation, tell }])),
            reading.then(() => asked),
          ]),
    close: () => ending.abort(),
  }
}
