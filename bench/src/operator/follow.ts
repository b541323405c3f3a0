// When has a pipeline been applied? When its status says that this generation has been observed: the operator writes it last.
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { orderPipelines } from '@orderpipeline/operator/api'
import type { Client } from './client.ts'
import { collectionPath } from './pipelines.ts'

export interface Follower {
  readonly applied: () => number
  /** Resolves with the time, as of performance.now(), at which the pipeline's generation was seen applied. */
  seen(name: string, generation: number): Promise<number>
  close(): void
}

export function follow(client: Client, namespace: string): Follower {
  const ending = new AbortController()
  const observed = new Map<string, number>()
  const waiting = new Map<string, { readonly generation: number; readonly tell: (at: number) => void }>()
  const read = async (): Promise<void> => {
    const path = `${collectionPath(orderPipelines, namespace)}?watch=true&timeoutSeconds=3600`
    for await (const event of client.watch(path, ending.signal)) {
      const { object } = event as { object: OrderPipeline }
      const { name } = object.metadata
      const generation = object.status?.observedGeneration ?? 0
      if (generation === 0) continue
      observed.set(name, generation)
      const waiter = waiting.get(name)
      if (!waiter || generation < waiter.generation) continue
      waiting.delete(name)
      waiter.tell(performance.now())
    }
  }
  const reading = read().catch((error: unknown) => {
    if (!ending.signal.aborted) throw error
  })
  return {
    applied: () => observed.size,
    seen: (name, generation) =>
      (observed.get(name) ?? 0) >= generation
        ? Promise.resolve(performance.now())
        : Promise.race([
            new Promise<number>((tell) => waiting.set(name, { generation, tell })),
            reading.then(() => Promise.reject(new Error('the watch on the pipelines has ended'))),
          ]),
    close: () => ending.abort(),
  }
}
