// By which path does the API server lead to a pipeline's gateway?
import { namespacePath } from '@orderpipeline/client'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { gatewayName, namespaceOf, ports, workloadName } from '@orderpipeline/operator/pipeline'

interface Named {
  readonly metadata: Pick<OrderPipeline['metadata'], 'name' | 'namespace'>
}

/** `service` is `<name>:<port>`. */
export function proxyPath(namespace: string, service: string, path: string): string {
  return `${namespacePath('v1', namespace)}/services/${service}/proxy${path}`
}

export function gatewayService({ metadata }: Named): string {
  return `${workloadName(metadata.name, gatewayName)}:${ports.http}`
}

export function gatewayPath(pipeline: Named, path: string): string {
  return proxyPath(namespaceOf(pipeline), encodeURI(gatewayService(pipeline)), path)
}

export function orderPath(pipeline: Named, id: string): string {
  return gatewayPath(pipeline, `/v1/orders/${encodeURIComponent(id)}`)
}

/** What the staff asks of an order, or does with it. */
export function staffOrderPath(pipeline: Named, id: string, act?: string): string {
  return gatewayPath(pipeline, `/v1/staff/orders/${encodeURIComponent(id)}${act === undefined ? '' : `/${act}`}`)
}
