// How long does it take to write the same objects without an operator? As many requests at once as
// the operator's, no reading, no comparing, no status but that of the topics: what the API server
// itself costs.
import type { KubeObject, OrderPipeline } from '@orderpipeline/operator/api'
import type { Client } from './client.ts'
import { benchPipeline, objectsOf, pathOf } from './pipelines.ts'
import { topicMade } from './topics.ts'

export const ways = ['apply', 'create'] as const
/**
 * apply: server-side apply, as the operator writes. create: a POST, which leaves nothing to compare
 * with later.
 */
export type Way = (typeof ways)[number]

export interface BareResult {
  readonly seconds: number
  readonly objects: number
}

export async function writeBare(
  client: Client,
  namespace: string,
  pipelines: number,
  { way, atOnce }: { readonly way: Way; readonly atOnce: number },
  say: (line: string) => void,
): Promise<BareResult> {
  let [next, objects, begunCount] = [0, 0, 0]
  const waiting: KubeObject[] = []
  const write = async (object: KubeObject): Promise<void> => {
    objects += 1
    const path = `${pathOf(object)}/${object.metadata.name}?fieldManager=bench&force=true`
    if (way === 'create') await client.send('POST', `${pathOf(object)}?fieldManager=bench`, object)
    else await client.send('PATCH', path, object, 'application/apply-patch+yaml')
    if (object.kind === 'KafkaTopic') await topicMade(client, object)
  }
  const worker = async (): Promise<void> => {
    for (;;) {
      const object = waiting.shift()
      if (object) await write(object)
      else if (next < pipelines) {
        const manifest = benchPipeline(`shop-${next++}`, namespace)
        const created = (await client.send('POST', pathOf(manifest), manifest)) as OrderPipeline
        waiting.push(...objectsOf(created))
        if (++begunCount % 100 === 0)
          say(`${elapsed().toFixed(0).padStart(5)} s  ${begunCount} of ${pipelines} pipelines begun`)
      } else return
    }
  }
  const startedAt = performance.now()
  const elapsed = () => (performance.now() - startedAt) / 1_000
  await Promise.all(Array.from({ length: atOnce }, worker))
  return { seconds: elapsed(), objects }
}
