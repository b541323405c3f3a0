// What can be tried on a pipeline of this machine? Orders are placed, the simulated provider is
// made slow or failing, a replica is killed, and a message is written that no stage can decode: by
// the same ways as from outside, through the API server and to Kafka.
import { randomInt } from 'node:crypto'
import { CommandError, kafkaConfigOf, namespacePath } from '@orderpipeline/client'
import type { KubeClient, List } from '@orderpipeline/client'
import { writeMessage } from '@orderpipeline/client/kafka'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { labelKeys, namespaceOf, topicName } from '@orderpipeline/operator/pipeline'
import type { PlacedOrders, ProviderBehaviour, SentPoison } from '../model/try-it.ts'
import { customerRequests } from './customer-requests.ts'
import { gatewayPath, proxyPath } from './gateway-path.ts'

export interface TryIt {
  /** @throws CommandError where none was taken */
  place(pipeline: OrderPipeline, count: number): Promise<PlacedOrders>
  /** undefined where there is no simulated provider. */
  provider(pipeline: OrderPipeline): Promise<ProviderBehaviour | undefined>
  setProvider(pipeline: OrderPipeline, behaviour: ProviderBehaviour): Promise<void>
  /** The pod that was killed. @throws CommandError where the part has none */
  kill(pipeline: OrderPipeline, part: string): Promise<string>
  /** Writes it to a topic of the stage. @throws CommandError where there is no such stage */
  sendPoison(pipeline: OrderPipeline, stage: string): Promise<SentPoison>
}

const answerTimeoutMs = 30_000
/**
 * A batch is of one customer, whose orders are handled one after another: small ones spread them.
 */
const largestBatch = 20
const batchesAtOnce = 8
const customers = 200
const provider = 'payment-provider'

export function kubeTryIt(kube: KubeClient): TryIt {
  const requests = customerRequests(kube)
  const behaviourPath = (pipeline: OrderPipeline): string =>
    proxyPath(namespaceOf(pipeline), `${provider}:8080`, '/v1/behaviour')
  return {
    place: async (pipeline, count) => {
      const goods = await goodsOf(kube, pipeline)
      const sizes = Array.from({ length: Math.ceil(count / largestBatch) }, (_, index) =>
        Math.min(largestBatch, count - index * largestBatch),
      )
      const results: BatchResult[] = []
      for (let first = 0; first < sizes.length; first += batchesAtOnce) {
        const batches = sizes.slice(first, first + batchesAtOnce).map(async (size) => {
          const customerId = `try-${randomInt(customers)}`
          const orders = Array.from({ length: size }, () => randomOrder(customerId, goods))
          const path = await requests.pathOf(pipeline, customerId, '/v1/orders/batch')
          const answer = await kube.send<{ readonly results: readonly BatchResult[] }>(
            'POST',
            path,
            { orders },
            answerTimeoutMs,
          )
          return answer?.results ?? []
        })
        results.push(...(await Promise.all(batches)).flat())
      }
      return placedOf(results)
    },
    provider: (pipeline) => kube.send<ProviderBehaviour>('GET', behaviourPath(pipeline), undefined, answerTimeoutMs),
    setProvider: async (pipeline, behaviour) => {
      const answer = await kube.send('PUT', behaviourPath(pipeline), behaviour, answerTimeoutMs)
      if (answer === undefined) throw new CommandError(`There is no ${provider} in ${namespaceOf(pipeline)}.`)
    },
    kill: async (pipeline, part) => {
      const pods = `${namespacePath('v1', namespaceOf(pipeline))}/pods`
      const labels = `${labelKeys.pipeline}=${pipeline.metadata.name},${labelKeys.stage}=${part}`
      const list = await kube.get<List<Pod>>(`${pods}?labelSelector=${encodeURIComponent(labels)}`)
      const running = (list?.items ?? []).filter(
        ({ metadata, status }) => metadata.deletionTimestamp === undefined && status?.phase === 'Running',
      )
      const pod = running[randomInt(Math.max(1, running.length))]?.metadata.name
      if (pod === undefined) throw new CommandError(`No replica of ${part} is running.`)
      await kube.send('DELETE', `${pods}/${encodeURIComponent(pod)}?gracePeriodSeconds=0`, undefined, answerTimeoutMs)
      return pod
    },
    sendPoison: async (pipeline, stage) => {
      const poison = poisonFor(pipeline, stage)
      const value = 'This message of Try it is no event of the shop.'
      const config = await kafkaConfigOf(kube, pipeline)
      await writeMessage(config, { topic: poison.topic, key: 'try-it', value, headers: {} })
      return poison
    },
  }
}

/** The topic of the stage that the fewest others consume: each of them gets a dead letter, too. */
export function poisonFor({ metadata, spec }: OrderPipeline, stage: string): SentPoison {
  const consumersOf = (topic: string): string[] =>
    spec.stages.flatMap(({ name, consumes }) => (consumes.some((each) => each.topic === topic) ? [name] : []))
  const topics = spec.stages.find(({ name }) => name === stage)?.consumes ?? []
  const [first] = topics.map(({ topic }) => ({ topic, stages: consumersOf(topic) })).sort(byConsumers)
  if (first === undefined) throw new CommandError(`There is no stage ${stage} in ${metadata.name}.`)
  return { topic: topicName(metadata.name, first.topic), stages: first.stages }
}

function byConsumers(one: SentPoison, other: SentPoison): number {
  return one.stages.length - other.stages.length
}

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string }
  readonly status?: { readonly phase?: string }
}

interface Product {
  readonly sku: string
  readonly currency: string
}

interface BatchResult {
  readonly status: number
  readonly orderId?: string
  readonly detail?: string
  readonly title?: string
}

async function goodsOf(kube: KubeClient, pipeline: OrderPipeline): Promise<readonly Product[]> {
  const path = gatewayPath(pipeline, '/v1/products')
  const goods = (await kube.send<{ readonly products?: readonly Product[] }>('GET', path, undefined, answerTimeoutMs))
    ?.products
  if (!goods || goods.length === 0) throw new CommandError('The shop has no goods to order.')
  return goods
}

function randomOrder(customerId: string, goods: readonly Product[]) {
  const { sku, currency } = goods[randomInt(goods.length)] ?? { sku: '', currency: 'EUR' }
  return { customerId, currency, items: [{ sku, quantity: 1 + randomInt(3) }] }
}

function placedOf(results: readonly BatchResult[]): PlacedOrders {
  const orders = results.flatMap(({ status, orderId }) => (status === 202 && orderId !== undefined ? [orderId] : []))
  const firstRefusal = results.find(({ status }) => status !== 202)
  const why = firstRefusal && (firstRefusal.detail ?? firstRefusal.title ?? `status ${firstRefusal.status}`)
  if (orders.length === 0) throw new CommandError(`The gateway took no order: ${why ?? 'it is not there'}.`)
  return {
    taken: orders.length,
    order: orders.at(-1) ?? '',
    ...(why === undefined ? {} : { refused: results.length - orders.length, why }),
  }
}
