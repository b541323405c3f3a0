// How does the console call a gateway on behalf of a customer? Directly where it is open. Where it
// asks for tokens of the development issuer, through the development services, which add one: the
// API server's proxy takes the Authorization header for itself.
import { devServicesName, devServicesPath, pipelinePath } from '@orderpipeline/client'
import type { ApiServer } from '@orderpipeline/client'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { namespaceOf } from '@orderpipeline/operator/pipeline'
import { every } from '@orderpipeline/retry'
import { gatewayPath, orderPath } from './gateway-path.ts'

const issuer = `http://${devServicesName}:8080`
const lookEveryMs = 10_000

interface Named {
  readonly metadata: Pick<OrderPipeline['metadata'], 'name' | 'namespace'>
}

export interface CustomerRequests {
  /** The path of a request of this customer. */
  pathOf(pipeline: Named, customer: string, path: string): Promise<string>
  /** The path of an order whose customer is not known. */
  orderPathOf(pipeline: Named, id: string): Promise<string>
}

/** Whether its gateway asks for tokens of the development issuer. */
export function usesDevIssuer({ spec }: Pick<OrderPipeline, 'spec'>): boolean {
  return spec.gateway?.env?.some(({ name, value }) => name === 'AUTH_ISSUER' && value === issuer) ?? false
}

export function customerRequests(kube: Pick<ApiServer, 'get'>): CustomerRequests {
  const looks = new Map<string, () => Promise<boolean>>()
  const isGuarded = (pipeline: Named): Promise<boolean> => {
    const path = pipelinePath(namespaceOf(pipeline), pipeline.metadata.name)
    const look =
      looks.get(path) ??
      every(lookEveryMs, async () => {
        const live = await kube.get<OrderPipeline>(path).catch(() => undefined)
        return live !== undefined && usesDevIssuer(live)
      })
    looks.set(path, look)
    return look()
  }
  return {
    pathOf: async (pipeline, customer, path) =>
      (await isGuarded(pipeline))
        ? devServicesPath(namespaceOf(pipeline), `/as/${encodeURIComponent(customer)}${path}`)
        : gatewayPath(pipeline, path),
    orderPathOf: async (pipeline, id) =>
      (await isGuarded(pipeline))
        ? devServicesPath(namespaceOf(pipeline), `/orders/${encodeURIComponent(id)}`)
        : orderPath(pipeline, id),
  }
}
