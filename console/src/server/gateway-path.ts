// By which path does the API server lead to a pipeline's gateway?
import { namespacePath } from '@orderpipeline/client'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { gatewayName, namespaceOf, ports, workloadName } from '@orderpipeline/operator/pipeline'

interface Named {
  readonly metadata: Pick<OrderPipeline['metadata'], 'name' | 'namespace'>
}

/** `service` is `<name>:<port>`. */
export const proxyPath = (namespace: string, service: string, path: string): string =>
  `${namespacePath('v1', namespace)}/services/${service}/proxy${path}`

export const gatewayService = ({ metadata }: Named): string =>
  `${workloadName(metadata.name, gatewayName)}:${ports.http}`

export const gatewayPath = (pipeline: Named, path: string): string =>
  proxyPath(namespaceOf(pipeline), encodeURI(gatewayService(pipeline)), path)

export const orderPath = (pipeline: Named, id: string): string =>
  gatewayPath(pipeline, `/v1/orders/${encodeURIComponent(id)}`)
