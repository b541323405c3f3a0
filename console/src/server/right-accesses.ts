// Which rights of Kubernetes does each thing on the page need? Names that a ClusterRole grants or
// withholds; `deadletters`, `payloads` and `orders` name nothing that is stored. Pure.
import type { Access } from '@orderpipeline/client'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { kafkaAccess, namespaceOf } from '@orderpipeline/operator/pipeline'
import type { RightName } from '../model/actions.ts'
import { gatewayService } from './gateway-path.ts'

const group = 'orderpipeline.dev'

interface Place {
  readonly namespace: string
  readonly name?: string
}

export function pipelineAccess(verb: string, place: Place): Access {
  return {
    ...{ verb, group, resource: 'orderpipelines' },
    ...place,
  }
}

/** A person on their own machine, with their own way to Kafka and to the gateway. */
export function machineAccess(pipeline: OrderPipeline, right: RightName): Access | undefined {
  const place = placeOf(pipeline)
  const virtual = (verb: string, subresource: string): Access => ({ ...pipelineAccess(verb, place), subresource })
  switch (right) {
    case 'suspend':
      return pipelineAccess('patch', place)
    case 'replay':
      return virtual('create', 'deadletters')
    case 'discard':
      return virtual('delete', 'deadletters')
    case 'cancel':
      return proxyAccess('delete', pipeline)
    case 'hold':
    case 'try':
      return proxyAccess('create', pipeline)
    case 'orders':
    case 'letters':
    case 'payloads':
      return undefined
  }
}

/**
 * A person who uses a console in the cluster: what it reads once for all persons needs the right of
 * each, the Secrets that lead to Kafka included.
 */
export function clusterAccesses(pipeline: OrderPipeline, right: RightName): readonly Access[] {
  const place = placeOf(pipeline)
  const virtual = (verb: string, subresource: string): Access => ({ ...pipelineAccess(verb, place), subresource })
  switch (right) {
    case 'suspend':
      return [pipelineAccess('patch', place)]
    case 'letters':
      return [virtual('get', 'deadletters'), ...secretAccesses(pipeline)]
    case 'payloads':
      return [virtual('get', 'payloads'), ...secretAccesses(pipeline)]
    case 'replay':
      return [virtual('create', 'deadletters'), ...secretAccesses(pipeline)]
    case 'discard':
      return [virtual('delete', 'deadletters'), ...secretAccesses(pipeline)]
    case 'orders':
      return [virtual('get', 'orders'), proxyAccess('get', pipeline)]
    case 'cancel':
      return [virtual('delete', 'orders'), proxyAccess('delete', pipeline)]
    case 'hold':
      return [virtual('update', 'orders'), proxyAccess('create', pipeline)]
    case 'try':
      return [proxyAccess('create', pipeline)]
  }
}

function placeOf(pipeline: OrderPipeline) {
  return { namespace: namespaceOf(pipeline), name: pipeline.metadata.name }
}

function proxyAccess(verb: string, pipeline: OrderPipeline): Access {
  return {
    ...{ namespace: namespaceOf(pipeline), verb, group: '', resource: 'services', subresource: 'proxy' },
    name: gatewayService(pipeline),
  }
}

function secretAccesses(pipeline: OrderPipeline): readonly Access[] {
  const { namespace, tls, sasl } = kafkaAccess(pipeline, 'svc')
  const keys = [tls?.ca, tls?.client?.certificate, tls?.client?.key, sasl?.username, sasl?.password]
  const names = new Set(keys.flatMap((key) => (key === undefined || typeof key === 'string' ? [] : [key.name])))
  return [...names].map((name) => ({ namespace, verb: 'get', group: '', resource: 'secrets', name }))
}
