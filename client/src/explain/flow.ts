// What did the operator decide for a stage that is scaled on flow? The command asks the operator's
// endpoint that KEDA asks, through the API server.
import type { ScaledObject, Trigger } from '@orderpipeline/operator/api'
import type { FlowHistory, FlowReason } from '@orderpipeline/operator/pipeline'
import { countText } from '../figures.ts'
import { CommandError } from '../failure.ts'
import type { KubeClient } from '../kube/connection.ts'
import type { ReplicaReason } from './reason.ts'
import type { Demand } from './metrics.ts'
import type { PartObserved } from './observed.ts'

export function isFlow(trigger: Trigger | undefined): boolean {
  return trigger?.type === 'metrics-api'
}

const answerTimeoutMs = 5_000

/** Undefined for a part that is not scaled on flow; a text says why the decision is not known. */
export async function flowOf(
  kube: Pick<KubeClient, 'getText' | 'getInside'>,
  scaledObject: ScaledObject | undefined,
): Promise<FlowHistory | string | undefined> {
  const url = scaledObject?.spec.triggers.find(isFlow)?.metadata['url']
  if (url === undefined) return undefined
  const path = proxiedPath(url)
  if (path === undefined) return `the operator serves its decision outside of this cluster, at ${url}`
  try {
    const text = kube.getInside
      ? await kube.getInside(`${url}/changes`, answerTimeoutMs)
      : await kube.getText(path, answerTimeoutMs)
    return text === undefined ? `the operator has no answer at ${url}/changes` : (JSON.parse(text) as FlowHistory)
  } catch (error) {
    if (error instanceof CommandError) return error.message
    if (error instanceof SyntaxError) return `the answer at ${url}/changes is not JSON`
    throw error
  }
}

/**
 * The API server's proxy path to a Service, from the Service's address as pods use it; undefined
 * for any other address.
 */
export function proxiedPath(url: string): string | undefined {
  const { protocol, hostname, port, pathname } = new URL(url)
  const [service, namespace, svc] = hostname.split('.')
  if (svc !== 'svc' || service === undefined || namespace === undefined) return undefined
  const [scheme, usual] = protocol === 'https:' ? ['https', 443] : ['http', 80]
  return `/api/v1/namespaces/${namespace}/services/${scheme}:${service}:${port || usual}/proxy${pathname}/changes`
}

/** Something is away, or more replicas are of no use: a person should look. */
const troubles: ReadonlySet<FlowReason> = new Set(['Holding', 'ScaleOutUseless', 'ProcessorsSaturated'])

export function flowReasons({ flow }: PartObserved, { load, replicas: demandedReplicas }: Demand): ReplicaReason[] {
  const reasons: ReplicaReason[] =
    load === undefined
      ? [{ code: 'MetricUnknown', text: 'the flow has not been measured yet' }]
      : typeof flow === 'object' && (flow.replicas === demandedReplicas || flow.metric === demandedReplicas)
        ? []
        : [
            {
              code: 'Flow',
              text: `the flow (or the lag while the operator does not answer, or a schedule or query, if that is more) asks for ${demandedReplicas}`,
            },
          ]
  if (flow === undefined) return reasons
  if (typeof flow === 'string')
    return [...reasons, { code: 'FlowUnknown', text: `the operator's decision is unknown: ${flow}` }]
  const { decision, replicas, reason } = flow
  const text = `the operator has decided on ${countText(replicas)} (${decision.reason}): ${reason}`
  return [...reasons, { code: 'Flow', text, ...(troubles.has(decision.reason) ? { trouble: true as const } : {}) }]
}
