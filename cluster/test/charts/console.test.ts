// What does the operator's chart make of the console? Nothing until it is asked for; then a pod
// that can neither write nor read a Secret.
import { describe, expect, test } from 'vitest'
import { chart, only, podsOf, rendered } from './helm.ts'
import type { KubeObject } from './helm.ts'

const path = chart('orderpipeline-operator')
const name = 'trial-orderpipeline-operator-console'
function enabled(...values: string[]): Promise<KubeObject[]> {
  return rendered(path, ['console.enabled=true', ...values])
}
function ofConsole(objects: readonly KubeObject[]): KubeObject[] {
  return objects.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/component'] === 'console')
}
function container(objects: readonly KubeObject[]) {
  const [found] = podsOf(ofConsole(objects))[0]?.spec.containers ?? []
  if (!found) throw new Error('the console has no container')
  return found as typeof found & { readonly resources: { readonly limits: { readonly memory: string } } }
}
function env(objects: readonly KubeObject[]): Record<string, string | undefined> {
  return Object.fromEntries(container(objects).env.map(({ name, value }) => [name, value]))
}

describe('the console of the operator’s chart', () => {
  test('is not there until it is asked for, and then changes no object of the operator', async () => {
    const without = await rendered(path)
    expect(ofConsole(without)).toEqual([])
    const objects = await enabled()
    expect(objects.filter((object) => !ofConsole(objects).includes(object))).toEqual(without)
    expect(
      ofConsole(objects)
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(['Deployment', 'NetworkPolicy', 'Role', 'RoleBinding', 'Service', 'ServiceAccount'].sort())
  })

  test('has an account that lists, in the namespaces it shows, and holds no other verb and no Secret', async () => {
    const objects = ofConsole(await enabled('console.namespaces={shop,other}'))
    const roles = objects.filter(({ kind }) => /Role$/.test(kind))
    expect(roles.map(({ kind, metadata }) => `${kind} ${metadata.namespace}`)).toEqual(['Role shop', 'Role other'])
    for (const { rules = [] } of roles) {
      expect(rules).toContainEqual({ apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['list'] })
      for (const { verbs, resources } of rules) {
        expect(verbs).toEqual(['list'])
        expect(resources.filter((resource) => /secrets|proxy|\*/.test(resource))).toEqual([])
      }
    }
    const subject = { kind: 'ServiceAccount', name, namespace: 'default' }
    for (const binding of objects.filter(({ kind }) => kind === 'RoleBinding'))
      expect(binding).toMatchObject({ subjects: [subject] })
    expect(env(objects)['NAMESPACES']).toBe('shop,other')
  })

  test('shows the namespace that the operator watches, or that of the release', async () => {
    expect(env(await enabled())['NAMESPACES']).toBe('default')
    expect(env(await enabled('watchNamespace=shops'))['NAMESPACES']).toBe('shops')
  })

  test('is a pod of the operator’s image with a read-only file system, within 192 MiB, that only its port leads to', async () => {
    const objects = await enabled()
    const [pod] = podsOf(ofConsole(objects))
    expect(pod?.spec).toMatchObject({ serviceAccountName: name, securityContext: { runAsNonRoot: true } })
    expect(container(objects)).toMatchObject({
      ...{ image: 'orderpipeline/operator:0.1.0', args: ['/app/console.mjs'] },
      resources: { limits: { memory: '192Mi' } },
      securityContext: {
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      },
    })
    const { selector } = only(ofConsole(objects), 'Deployment').spec as { selector: unknown }
    const [policy] = ofConsole(objects).filter(({ kind }) => kind === 'NetworkPolicy')
    expect(policy?.spec).toMatchObject({
      podSelector: selector,
      ingress: [{ ports: [{ protocol: 'TCP', port: 8080 }] }],
    })
    expect(only(ofConsole(objects), 'Service').spec).toMatchObject({
      type: 'ClusterIP',
      ports: [{ port: 8080, targetPort: 'http' }],
    })
    const operator = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name !== name)
    expect((operator?.spec as { selector: unknown }).selector).not.toEqual(selector)
  })

  test('only reads, and trusts no header, unless asked to', async () => {
    expect(env(await enabled())).toMatchObject({ ALLOW_WRITES: 'false' })
    expect(env(await enabled())).not.toHaveProperty('TOKEN_HEADER')
    expect(env(await enabled())).not.toHaveProperty('TRACE_URL')
    expect(env(await enabled())).not.toHaveProperty('PROMETHEUS_URL')
    expect(env(await enabled('console.allowWrites=true', 'console.tokenHeader=Authorization'))).toMatchObject({
      ...{ ALLOW_WRITES: 'true', TOKEN_HEADER: 'Authorization' },
    })
  })

  test('reads the Prometheus that is named, and refuses an address with a password', async () => {
    const url = 'http://prometheus.monitoring.svc:9090'
    expect(env(await enabled(`console.prometheus.url=${url}`))).toMatchObject({ PROMETHEUS_URL: url })
    await expect(enabled('console.prometheus.url=http://a:b@prometheus:9090')).rejects.toThrow(
      '/console/prometheus/url',
    )
  })

  test('is served under the names of its Ingress and HTTPRoute, by TLS', async () => {
    const objects = await enabled(
      'console.ingress.enabled=true',
      'console.ingress.host=a.example.com',
      'console.origins={https://b.example.com}',
    )
    expect(env(objects)['ORIGINS']).toBe('https://b.example.com,https://a.example.com')
    expect(only(objects, 'Ingress').spec).toMatchObject({ tls: [{ hosts: ['a.example.com'] }] })
    const route = await enabled(
      'console.httpRoute.enabled=true',
      'console.httpRoute.hostnames={c.example.com}',
      'console.httpRoute.parentRefs[0].name=g',
    )
    expect(env(route)['ORIGINS']).toBe('https://c.example.com')
    expect(only(route, 'HTTPRoute').spec).toMatchObject({ parentRefs: [{ name: 'g' }], hostnames: ['c.example.com'] })
    await expect(enabled('console.ingress.enabled=true')).rejects.toThrow('console.ingress.host is empty')
  })
})
