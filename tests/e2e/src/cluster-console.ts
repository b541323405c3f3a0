// How does a test have the console that many share, and a person who looks at it? As an
// administrator would: by a value of the release, and a ServiceAccount with the role `view`.
import { installedChart, operatorDeployment, platformRelease } from '@orderpipeline/cluster/release'
import type { Cluster } from './kube.ts'
import { helm } from './release.ts'

/** Its Deployment, Service and ServiceAccount. */
export const consoleAccount = `${operatorDeployment}-console`
const { namespace } = platformRelease
const person = 'console-viewer'

export async function switchConsole(enabled: boolean): Promise<void> {
  const value = `orderpipeline-operator.console.enabled=${enabled}`
  const values = ['--reset-then-reuse-values', '--force-conflicts', '--set', value]
  await helm('upgrade', platformRelease.name, await installedChart(), ...values)
}

/** One who may see what is in the namespace, and nothing else. */
export async function viewer(cluster: Cluster, verb: 'create' | 'delete'): Promise<void> {
  const account = ['serviceaccount', person, '-n', namespace]
  const binding = ['rolebinding', person, '-n', namespace]
  if (verb === 'create') {
    await cluster.kubectl(['create', ...account])
    await cluster.kubectl(['create', ...binding, '--clusterrole=view', `--serviceaccount=${namespace}:${person}`])
  } else for (const object of [binding, account]) await cluster.kubectl(['delete', ...object, '--ignore-not-found'])
}

export async function tokenOfViewer(cluster: Cluster): Promise<string> {
  const { stdout } = await cluster.kubectl(['create', 'token', person, '-n', namespace, '--duration', '10m'])
  return stdout.trim()
}

interface Bound {
  readonly metadata: { readonly namespace?: string }
  readonly roleRef: { readonly kind: string; readonly name: string }
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[]
}

/** All verbs that roles grant to the account of the console, in any namespace or in all. */
export async function grantedVerbs(cluster: Cluster): Promise<readonly string[]> {
  const { stdout } = await cluster.kubectl(['get', 'rolebindings,clusterrolebindings', '-A', '-o', 'json'])
  const { items } = JSON.parse(stdout) as { readonly items: readonly Bound[] }
  const own = items.filter(({ subjects }) =>
    subjects?.some(
      (one) => one.kind === 'ServiceAccount' && one.name === consoleAccount && one.namespace === namespace,
    ),
  )
  const verbs = await Promise.all(
    own.map(async ({ metadata, roleRef }) => {
      const where = metadata.namespace === undefined ? [] : ['-n', metadata.namespace]
      const role = await cluster.kubectl(['get', roleRef.kind, roleRef.name, ...where, '-o', 'json'])
      const { rules } = JSON.parse(role.stdout) as { readonly rules: readonly { readonly verbs: readonly string[] }[] }
      return rules.flatMap((rule) => rule.verbs)
    }),
  )
  return [...new Set(verbs.flat())].sort()
}
