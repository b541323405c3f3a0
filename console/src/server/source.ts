// Where do the console's figures come from? From an API server, or what stands in for one, with the
// user's own kubeconfig; only read.
import {
  CommandError,
  flowOf,
  kafkaConfigOf,
  listedPods,
  listedScaling,
  orderOf,
  pipelineEvents,
  pipelinesOf,
} from '@orderpipeline/client'
import type { ApiServer, DeadLetter, KubeClient } from '@orderpipeline/client'
import { openDeadLetterTopic } from '@orderpipeline/client/kafka'
import type { OrderPipeline, ScaledObject } from '@orderpipeline/operator/api'
import { labelKeys } from '@orderpipeline/operator/pipeline'
import { every, everyInBackground } from '@orderpipeline/retry'
import type { DeadLetterMark, DeadLetterSummary } from '../model/dead-letters.ts'
import { staffTokenHeader } from '../model/orders.ts'
import type { CustomerOrders, OrderView, StaffView } from '../model/orders.ts'
import type { CustomerChannels } from '../model/customer-channels.ts'
import type { StockAnswer } from '../model/stock.ts'
import { channelsIn } from './channels-answer.ts'
import { customerRequests } from './customer-requests.ts'
import { staffOrderPath } from './gateway-path.ts'
import type { Flows, NamespaceSnapshot } from './pipeline-state.ts'
import { linesStock, stockAnswer } from './stock-answer.ts'
import type { StockQuery } from './stock-answer.ts'

/** What is read for one person when they ask for it. */
export type OnDemand = Pick<Source, 'order' | 'ordersOf' | 'stock' | 'channelsOf' | 'letters'>

export interface Source {
  readonly cluster: string
  readonly namespace: string
  /** Everything that is shown of the namespace's pipelines. @throws CommandError */
  look(): Promise<NamespaceSnapshot>
  /**
   * undefined where there is no such order. With a token of the staff as the gateway shows it to
   * them.
   * @throws CommandError
   */
  order(pipeline: string, id: string, staffToken?: string): Promise<OrderView | undefined>
  /** A page of stock levels, for staff. @throws CommandError */
  stock(pipeline: string, query: StockQuery, staffToken: string): Promise<StockAnswer>
  /** @throws CommandError */
  channelsOf(pipeline: string, customer: string): Promise<CustomerChannels>
  /** A page of a customer's orders. @throws CommandError */
  ordersOf(pipeline: string, customer: string, cursor: string | undefined): Promise<CustomerOrders>
  /** All dead letters, those included that do not wait any more. @throws CommandError */
  letters(pipeline: OrderPipeline): Promise<readonly DeadLetterSummary[]>
}

/** Pods may be thousands, and only say why replicas are missing. */
const podsEveryMs = 10_000
/** Each stage that is scaled on flow costs a request. */
const flowsEveryMs = 5_000
/** The newest Event may be as old. */
const eventsEveryMs = 10_000
const orderTimeoutMs = 5_000
const ordersAPage = 20

export function kubeSource(kube: KubeClient, namespace = kube.namespace): Source {
  return { cluster: kube.cluster, namespace, look: looking(kube, namespace), ...kubeOnDemand(kube, namespace) }
}

/** Everything that the pages of a namespace show without being asked for it. */
export function looking(
  kube: Pick<KubeClient, 'get' | 'getText' | 'getInside'>,
  namespace: string,
): () => Promise<NamespaceSnapshot> {
  const pods = every(podsEveryMs, () => listedPods(kube, namespace, labelKeys.pipeline))
  // The operator may take seconds to answer; the figures do not wait for its decisions.
  const flows = everyInBackground(flowsEveryMs, (scaledObjects: readonly ScaledObject[]) =>
    flowsOf(kube, scaledObjects),
  )
  // An account without the right to list them has none, and the figures all the same.
  const events = everyInBackground(eventsEveryMs, () => pipelineEvents(kube, namespace))
  return async () => {
    const [pipelines, scaling, listed] = await Promise.all([
      pipelinesOf(kube, namespace),
      listedScaling(kube, namespace, labelKeys.pipeline),
      pods(),
    ])
    const decided = flows(scaling.scaledObjects)
    const listedEvents = events()
    return {
      at: Date.now(),
      pipelines,
      listed: { ...scaling, pods: listed },
      ...(decided === undefined ? {} : { flows: decided }),
      ...(listedEvents === undefined ? {} : { events: listedEvents }),
    }
  }
}

/** What is read for one person when they ask for it. */
export function kubeOnDemand(kube: ApiServer, namespace: string): OnDemand {
  const requests = customerRequests(kube)
  return {
    order: async (pipeline, id, staffToken) => {
      const target = { metadata: { name: pipeline, namespace } }
      if (staffToken !== undefined) {
        const headers = { [staffTokenHeader]: staffToken }
        const staffText = await kube.getText(staffOrderPath(target, id), orderTimeoutMs, headers)
        if (staffText === undefined) return undefined
        const order = staffOrderIn(staffText)
        return order.staff
          ? { ...order, staff: { ...order.staff, ...(await linesStock(kube, target, order, staffToken)) } }
          : order
      }
      const text = await kube.getText(await requests.orderPathOf(target, id), orderTimeoutMs)
      return text === undefined ? undefined : orderIn(text)
    },
    ordersOf: async (pipeline, customer, cursor) => {
      const query = new URLSearchParams({ customer, limit: String(ordersAPage), ...(cursor && { cursor }) })
      const target = { metadata: { name: pipeline, namespace } }
      const path = await requests.pathOf(target, customer, `/v1/orders?${query.toString()}`)
      const text = await kube.getText(path, orderTimeoutMs)
      if (text === undefined) throw new CommandError(`The gateway of ${pipeline} is not there.`)
      return ordersIn(text)
    },
    stock: (pipeline, query, staffToken) =>
      stockAnswer(kube, { metadata: { name: pipeline, namespace } }, query, staffToken),
    channelsOf: async (pipeline, customer) => {
      const target = { metadata: { name: pipeline, namespace } }
      const query = new URLSearchParams({ customer })
      const path = await requests.pathOf(target, customer, `/v1/preferences?${query.toString()}`)
      const text = await kube.getText(path, orderTimeoutMs)
      if (text === undefined) throw new CommandError(`The gateway of ${pipeline} has no settings of customers.`)
      return channelsIn(text)
    },
    letters: (pipeline) => lettersOf(kube, pipeline),
  }
}

async function flowsOf(
  kube: Pick<KubeClient, 'getText' | 'getInside'>,
  scaledObjects: readonly ScaledObject[],
): Promise<Flows> {
  const decided = await Promise.all(
    scaledObjects.map(async (object) => [object.metadata.name, await flowOf(kube, object)] as const),
  )
  return new Map(decided)
}

/** @throws CommandError where the answer is no order */
export function orderIn(text: string): OrderView {
  try {
    const order = JSON.parse(text) as Partial<OrderView> | null
    if (typeof order?.orderId === 'string' && typeof order.status === 'string' && Array.isArray(order.timeline))
      return order as OrderView
  } catch {
    // Said below.
  }
  throw new CommandError(`The gateway's answer is no order: ${text.slice(0, 100)}`)
}

/** @throws CommandError where the answer is no order as the staff sees it */
function staffOrderIn(text: string): OrderView {
  const { order, hold, acts = [], looks = [] } = JSON.parse(text) as Partial<StaffView> & { readonly order?: unknown }
  return { ...orderIn(JSON.stringify(order ?? null)), staff: { ...(hold ? { hold } : {}), acts, looks } }
}

/** @throws CommandError where the answer is no list of orders */
function ordersIn(text: string): CustomerOrders {
  try {
    const page = JSON.parse(text) as Partial<CustomerOrders> | null
    if (Array.isArray(page?.orders)) return page as CustomerOrders
  } catch {
    // Said below.
  }
  throw new CommandError(`The gateway's answer is no list of orders: ${text.slice(0, 100)}`)
}

function markOf({ action, by, at, edited, forced }: DeadLetter['history'][number]): DeadLetterMark {
  return { action, by, at, ...(edited ? { edited } : {}), ...(forced ? { forced } : {}) }
}

async function lettersOf(kube: ApiServer, pipeline: OrderPipeline): Promise<readonly DeadLetterSummary[]> {
  const box = openDeadLetterTopic(await kafkaConfigOf(kube, pipeline), pipeline.metadata.name)
  try {
    const deadLetters = await box.read(await box.stages())
    return deadLetters.map((deadLetter) => {
      const { id, stage, reason, verdict, message, at, state, history } = deadLetter
      const order = orderOf(deadLetter)
      return {
        ...{ id, stage, reason, message: message.slice(0, 500), at, state },
        ...(verdict === undefined ? {} : { verdict }),
        ...(order === undefined ? {} : { order }),
        ...(history.length === 0 ? {} : { marks: history.map(markOf) }),
      }
    })
  } finally {
    await box.close()
  }
}
