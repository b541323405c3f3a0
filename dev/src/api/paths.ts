// What does a request's path name? As Kubernetes writes it. Pure.
import type { Resource } from '@orderpipeline/operator/api'

export interface Target {
  readonly resource: Resource
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly subresource: string | undefined
  /** The port in `pods/<name>:<port>/proxy/<rest>`. */
  readonly port?: string
  readonly rest?: string
}

export function target(path: string, resources: readonly Resource[]): Target | undefined {
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent)
  const core = parts[0] === 'api'
  if (!core && parts[0] !== 'apis') return undefined
  const apiVersion = core ? (parts[1] ?? '') : `${parts[1]}/${parts[2]}`
  const after = parts.slice(core ? 2 : 3)
  const namespaced = after[0] === 'namespaces' && after.length > 2
  const [plural, full, subresource, ...rest] = namespaced ? after.slice(2) : after
  const resource = resources.find((one) => one.plural === plural && one.apiVersion === apiVersion)
  if (!resource) return undefined
  const [name, port] = full?.split(':') ?? []
  return {
    resource,
    namespace: namespaced ? after[1] : undefined,
    name,
    subresource,
    ...(port === undefined ? {} : { port }),
    ...(rest.length > 0 ? { rest: rest.join('/') } : {}),
  }
}
