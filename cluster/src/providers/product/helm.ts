// How is a chart installed so that it can be repeated at any time? As an upgrade that installs when
// there is nothing yet. The rest of an interrupted Helm run is removed first, because Helm would
// refuse to continue.
import { join } from 'node:path'
import { run } from '../../process/run.ts'
import type { StepProgress } from '../../progress/progress.ts'
import { toolPath } from '../../tools/index.ts'
import type { Kubectl } from '../kubectl.ts'

export interface Release {
  readonly name: string
  readonly namespace: string
  /** Its folder. */
  readonly chart: string
  /** The last file wins. */
  readonly valuesFiles: readonly string[]
  /** Assignments as `--set` takes them; they win over the files. */
  readonly set?: readonly string[]
  /** Objects of other releases become this one's. */
  readonly takeOwnership?: boolean
  readonly kubeconfig: string
}

export function chartFolder(chart: string) {
  return join(import.meta.dirname, '..', '..', '..', '..', 'charts', chart)
}

export async function installChart(kubectl: Kubectl, release: Release, progress: StepProgress): Promise<void> {
  const { name, namespace, chart, valuesFiles, set = [], takeOwnership = false, kubeconfig } = release
  await forgetPending(kubectl, release)
  progress.note(`helm upgrade --install ${name}`)
  const target = ['--kubeconfig', kubeconfig, '--namespace', namespace, '--create-namespace']
  const values = [...valuesFiles.flatMap((file) => ['--values', file]), ...set.flatMap((value) => ['--set', value])]
  // Changes that kubectl or Tilt made to the release's own fields are reverted: a local cluster is
  // as its sources describe it, and an upgrade that stops at a conflict would leave it half-way.
  const flags = [...(takeOwnership ? ['--take-ownership'] : []), '--force-conflicts', '--timeout', '5m']
  await run(toolPath('helm'), ['upgrade', '--install', name, chart, ...target, ...values, ...flags], {
    timeoutMs: 330_000,
  })
}

export async function uninstall(release: Pick<Release, 'name' | 'namespace' | 'kubeconfig'>): Promise<void> {
  const { name, namespace, kubeconfig } = release
  const target = ['--kubeconfig', kubeconfig, '--namespace', namespace]
  await run(toolPath('helm'), ['uninstall', name, ...target, '--wait', '--timeout', '2m'], { timeoutMs: 150_000 })
}

/** Helm's records of a release, without its objects. */
export async function forgetRelease(
  kubectl: Kubectl,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): Promise<void> {
  await kubectl(['delete', 'secrets', '--namespace', namespace, '--selector', `owner=helm,name=${name}`])
}

export async function isInstalled(kubectl: Kubectl, release: { name: string; namespace: string }): Promise<boolean> {
  return (await releaseSecrets(kubectl, release, ['deployed'])).trim() !== ''
}

async function forgetPending(kubectl: Kubectl, release: Release): Promise<void> {
  const pending = await releaseSecrets(kubectl, release, ['pending-install', 'pending-upgrade', 'pending-rollback'])
  const names = pending.split('\n').filter(Boolean)
  if (names.length > 0) await kubectl(['delete', '--namespace', release.namespace, ...names])
}

async function releaseSecrets(
  kubectl: Kubectl,
  { name, namespace }: { readonly name: string; readonly namespace: string },
  statuses: readonly string[],
): Promise<string> {
  const selector = `owner=helm,name=${name},status in (${statuses.join(',')})`
  return await kubectl(['get', 'secrets', '--namespace', namespace, '--selector', selector, '--output', 'name'])
}
