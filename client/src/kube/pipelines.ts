// Where are pipelines to be found, and what is to be said when there is none?
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { orderPipelines } from '@orderpipeline/operator/api'
import { CommandError } from '../failure.ts'
import type { ApiServer } from './api-server.ts'

export interface List<Item> {
  readonly items: readonly Item[]
}

export function namespacePath(apiVersion: string, namespace: string): string {
  return `/${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion}/namespaces/${encodeURIComponent(namespace)}`
}

export function pipelinePath(namespace: string, name?: string): string {
  return `${namespacePath(orderPipelines.apiVersion, namespace)}/${orderPipelines.plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`
}

/** All of a namespace. @throws CommandError where the cluster has no such resource */
export async function pipelinesOf(kube: Pick<ApiServer, 'get'>, namespace: string): Promise<readonly OrderPipeline[]> {
  const list = await kube.get<List<OrderPipeline>>(pipelinePath(namespace))
  if (list) return list.items
  throw new CommandError('This cluster does not serve OrderPipelines: the CRD is not installed.', {
    advice: '`npm run up` installs it locally; elsewhere install the chart orderpipeline-operator.',
  })
}

/** @throws CommandError that names those there are */
export async function getPipeline(
  kube: Pick<ApiServer, 'get'>,
  namespace: string,
  name: string,
): Promise<OrderPipeline> {
  const pipeline = await kube.get<OrderPipeline>(pipelinePath(namespace, name))
  if (pipeline) return pipeline
  const others = (await pipelinesOf(kube, namespace)).map(({ metadata }) => metadata.name)
  throw new CommandError(`There is no OrderPipeline ${namespace}/${name}.`, { advice: noneAdvice(namespace, others) })
}

export function noneAdvice(namespace: string, others: readonly string[] = []): string {
  return others.length > 0
    ? `Namespace ${namespace} has ${others.join(', ')}; name another namespace with -n.`
    : 'Apply one (kubectl apply -f examples/shop.yaml), or name another namespace with -n.'
}
