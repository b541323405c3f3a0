// Which resources are there? This is kubectl's first request. Pure.
import type { Resource } from '@orderpipeline/operator/api'

export function discovery(path: string, resources: readonly Resource[]): object | undefined {
  const grouped = resources.filter(({ apiVersion }) => apiVersion.includes('/'))
  if (path === '/version')
    return { major: '1', minor: '36', gitVersion: 'v1.36.0-orderpipeline-dev', platform: process.platform }
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] }
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(grouped) }
  const [, root, first, second, ...more] = path.split('/')
  if (more.length > 0) return undefined
  if (root === 'api' && first === 'v1' && second === undefined) return listOf('v1', resources)
  const requestedVersion = `${first}/${second}`
  return root === 'apis' && grouped.some(({ apiVersion }) => apiVersion === requestedVersion)
    ? listOf(requestedVersion, resources)
    : undefined
}

function groupsOf(resources: readonly Resource[]) {
  return [...new Set(resources.map(({ apiVersion }) => apiVersion))].map((groupVersion) => {
    const [name, version] = groupVersion.split('/')
    const only = { groupVersion, version }
    return { name, versions: [only], preferredVersion: only }
  })
}

function listOf(groupVersion: string, resources: readonly Resource[]) {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: resources
      .filter(({ apiVersion }) => apiVersion === groupVersion)
      .map(({ plural, kind }) => ({
        name: plural,
        singularName: kind.toLowerCase(),
        namespaced: true,
        kind,
        verbs: verbsOf(kind),
        ...(kind === 'OrderPipeline' ? { shortNames: ['op'] } : {}),
      })),
  }
}

function verbsOf(kind: string): string[] {
  if (kind === 'OrderPipeline') return ['get', 'list', 'patch']
  return kind === 'Pod' ? ['delete', 'get', 'list'] : ['get', 'list']
}
