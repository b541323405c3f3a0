// Where do the console's figures come from? From an API server, or what stands in for one, with the
// user's own kubeconfig; only read.
import {
  CommandFailed,
  connect,
  kafkaConfigOf,
  listedPods,
  listedScaling,
  namespacePath,
  openLetterBox,
  orderOf,
  pipelinesOf,
  type Environment,
  type Kube,
  type LabelledPod,
} from '@orderpipeline/cli/observing'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { gatewayName, labelKeys, ports, workloadName } from '@orderpipeline/operator/pipeline'
import type { LetterSummary } from '../model/dead-letters.ts'
import type { OrderView } from '../model/orders.ts'
import type { Look } from './pipeline-state.ts'

export interface Source {
  readonly cluster: string
  readonly namespace: string
  /** Everything that is shown of the namespace's pipelines. @throws CommandFailed */
  look(): Promise<Look>
  /** undefined where there is no such order. @throws CommandFailed */
  order(pipeline: string, id: string): Promise<OrderView | undefined>
  /** All letters, those included that do not wait any more. @throws CommandFailed */
  letters(pipeline: OrderPipeline): Promise<readonly LetterSummary[]>
}

export interface SourceOptions {
  readonly namespace?: string
  readonly context?: string
  readonly kubeconfig?: string
}

/** Pods may be thousands, and only say why replicas are missing. */
const podsEveryMs = 10_000
const orderTimeoutMs = 5_000

export async function kubeSource(environment: Environment, options: SourceOptions): Promise<Source> {
  const kube = await connect(environment, options)
  const namespace = options.namespace ?? kube.namespace
  const pods = lister(kube, namespace)
  return {
    cluster: kube.cluster,
    namespace,
    look: async () => {
      const [pipelines, scaling, listed] = await Promise.all([
        pipelinesOf(kube, namespace),
        listedScaling(kube, namespace, labelKeys.pipeline),
        pods(),
      ])
      return { at: Date.now(), pipelines, listed: { ...scaling, pods: listed } }
    },
    order: async (pipeline, id) => {
      const service = `${encodeURIComponent(workloadName(pipeline, gatewayName))}:${ports.http}`
      const path = `${namespacePath('v1', namespace)}/services/${service}/proxy/v1/orders/${encodeURIComponent(id)}`
      const text = await kube.getText(path, orderTimeoutMs)
      return text === undefined ? undefined : orderIn(text)
    },
    letters: (pipeline) => lettersOf(kube, pipeline),
  }
}

function lister(kube: Kube, namespace: string): () => Promise<readonly LabelledPod[]> {
  let known: readonly LabelledPod[] = []
  let at = -Infinity
  return async () => {
    if (performance.now() - at < podsEveryMs) return known
    at = performance.now()
    known = await listedPods(kube, namespace, labelKeys.pipeline)
    return known
  }
}

/** @throws CommandFailed where the answer is no order */
export function orderIn(text: string): OrderView {
  try {
    const order = JSON.parse(text) as Partial<OrderView> | null
    if (typeof order?.orderId === 'string' && typeof order.status === 'string' && Array.isArray(order.timeline))
      return order as OrderView
  } catch {
    // Said below.
  }
  throw new CommandFailed(`The gateway's answer is no order: ${text.slice(0, 100)}`)
}

async function lettersOf(kube: Kube, pipeline: OrderPipeline): Promise<readonly LetterSummary[]> {
  const box = openLetterBox(await kafkaConfigOf(kube, pipeline), pipeline.metadata.name)
  try {
    const letters = await box.letters(await box.stages())
    return letters.map((letter) => {
      const { id, stage, reason, verdict, message, at, state } = letter
      const order = orderOf(letter)
      return {
        ...{ id, stage, reason, message: message.slice(0, 500), at, state },
        ...(verdict === undefined ? {} : { verdict }),
        ...(order === undefined ? {} : { order }),
      }
    })
  } finally {
    await box.close()
  }
}
