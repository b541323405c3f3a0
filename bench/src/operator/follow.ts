// When has a pipeline been applied? When its status reports this generation as configured: nothing
// of it waits any more.
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
  const generations = new Map<string, number>()
  const waiting = new Map<string, readonly Waiter[]>()
  const take = ({ metadata, status }: OrderPipeline): void => {
    const { name } = metadata
    const configured = status?.conditions?.find(({ type }) => type === 'Configured')
    const generation = configured?.status === 'True' ? (configured.observedGeneration ?? 0) : 0
    if (generation === 0) return
    generations.set(name, generation)
    const waiters = waiting.get(name) ?? []
    for (const waiter of waiters) if (waiter.generation <= generation) waiter.tell(performance.now())
    const remaining = waiters.filter((waiter) => waiter.generation > generation)
    if (remaining.length > 0) waiting.set(name, remaining)
    else waiting.delete(name)
  }
  /**
   * Repeated: an API server ends its watches when a CRD has settled, and each new one begins with
   * all there is.
   */
  const read = async (): Promise<void> => {
    const path = `${collectionPath(orderPipelines, namespace)}?watch=true&timeoutSeconds=3600`
    while (!ending.signal.aborted)
      for await (const event of client.watch(path, ending.signal)) {
        const { type, object } = event as { readonly type: string; readonly object: OrderPipeline }
        if (type !== 'ERROR') take(object)
      }
  }
  const never = new Promise<never>(() => {}) // a requested end is no event
  const reading = read().catch((error: unknown) => (ending.signal.aborted ? never : Promise.reject(error as Error)))
  reading.catch(() => {}) // reported to the waiters
  return {
    applied: () => generations.size,
    seen: (name, generation) =>
      (generations.get(name) ?? 0) >= generation
        ? Promise.resolve(performance.now())
        : Promise.race([
            new Promise<number>((tell) => waiting.set(name, [...(waiting.get(name) ?? []), { generation, tell }])),
            reading.then(() => never),
          ]),
    close: () => ending.abort(),
  }
}
