// What is there to be seen of pipelines right now? Read from the API server: the pipelines and
// their status, their Deployments and autoscalers, and (through it) how many orders the gateways
// have taken.
import type { OrderPipeline } from '@orderpipeline/operator/api'
import type { KubeClient } from '@orderpipeline/client'
import { pipelinePath, pipelinesOf } from '@orderpipeline/client'
import type { List } from '@orderpipeline/client'
import { createOrderRate } from './order-rate.ts'
import type { OrderRate } from './order-rate.ts'
import { pipelineView } from './view.ts'
import type { Autoscaler, PipelineView, Workload } from './view.ts'

export interface Observer {
  /** Every pipeline that the command names; empty when there is none. */
  look(): Promise<readonly PipelineView[]>
}

export function createObserver(kube: KubeClient, namespace: string, name: string | undefined): Observer {
  const within = `namespaces/${encodeURIComponent(namespace)}`
  const rates = new Map<string, OrderRate>()

  const pipelines = async (): Promise<readonly OrderPipeline[]> => {
    if (name === undefined) return pipelinesOf(kube, namespace)
    const one = await kube.get<OrderPipeline>(pipelinePath(namespace, name))
    return one ? [one] : []
  }
  const rateOf = (pipeline: string): OrderRate => {
    const orderRate = rates.get(pipeline) ?? createOrderRate(kube, within, pipeline)
    rates.set(pipeline, orderRate)
    return orderRate
  }

  return {
    look: async () => {
      const [observedPipelines, workloads, autoscalers] = await Promise.all([
        pipelines(),
        kube.get<List<Workload>>(`/apis/apps/v1/${within}/deployments?labelSelector=orderpipeline.dev%2Fpipeline`),
        kube.get<List<Autoscaler>>(`/apis/autoscaling/v2/${within}/horizontalpodautoscalers`),
      ])
      return Promise.all(
        observedPipelines.map(async (pipeline) => {
          const ordersPerSecond = pipeline.spec.gateway ? await rateOf(pipeline.metadata.name).measure() : undefined
          return pipelineView({
            pipeline,
            workloads: workloads?.items ?? [],
            autoscalers: autoscalers?.items ?? [],
            ordersPerSecond,
          })
        }),
      )
    },
  }
}
