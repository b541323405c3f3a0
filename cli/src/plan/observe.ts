// What is there already of a pipeline? Its objects by their label, and whatever else bears a name
// that one of them needs.
import { childResources, resourceOf } from '@orderpipeline/operator/api'
import type { ChildObject, OrderPipeline, Resource } from '@orderpipeline/operator/api'
import { identity, labelKeys, managedBy } from '@orderpipeline/operator/pipeline'
import type { KubeClient } from '@orderpipeline/client'
import { namespacePath, pipelinePath } from '@orderpipeline/client'
import type { List } from '@orderpipeline/client'

export interface Observed {
  readonly pipeline: OrderPipeline | undefined
  readonly children: readonly ChildObject[]
  /** Kinds the cluster does not know. */
  readonly unserved: readonly string[]
}

export async function observe(kube: KubeClient, namespace: string, name: string): Promise<Observed> {
  const selector = encodeURIComponent(`${labelKeys.managedBy}=${managedBy},${labelKeys.pipeline}=${name}`)
  const [pipeline, ...lists] = await Promise.all([
    kube.get<OrderPipeline>(pipelinePath(namespace, name)),
    ...childResources.map(async (resource) => ({
      resource,
      list: await kube.get<List<ChildObject>>(`${pathOf(resource, namespace)}?labelSelector=${selector}`),
    })),
  ])
  return {
    pipeline,
    children: lists.flatMap(({ resource, list }) => (list?.items ?? []).map((item) => typed(item, resource))),
    unserved: lists.filter(({ list }) => list === undefined).map(({ resource }) => resource.kind),
  }
}

/** Live objects with a desired name that belong to another owner. */
export async function foreignObjectsOf(
  kube: KubeClient,
  namespace: string,
  desired: readonly ChildObject[],
  { children, unserved }: Observed,
): Promise<readonly ChildObject[]> {
  const childIds = new Set(children.map(identity))
  const missing = desired.filter((object) => !childIds.has(identity(object)) && !unserved.includes(object.kind))
  const others: ChildObject[] = []
  for (let start = 0; start < missing.length; start += atOnce)
    others.push(
      ...(await Promise.all(missing.slice(start, start + atOnce).map(one))).filter((each) => each !== undefined),
    )
  return others

  async function one({ kind, metadata }: ChildObject): Promise<ChildObject | undefined> {
    return kube.get<ChildObject>(`${pathOf(resourceOf(kind), namespace)}/${encodeURIComponent(metadata.name)}`)
  }
}

const atOnce = 8
function pathOf({ apiVersion, plural }: Resource, namespace: string): string {
  return `${namespacePath(apiVersion, namespace)}/${plural}`
}

/** Items of a list come without their own apiVersion and kind. */
function typed(item: ChildObject, { apiVersion, kind }: (typeof childResources)[number]): ChildObject {
  return { ...item, apiVersion, kind } as ChildObject
}
