// How is a local cluster of an older version upgraded? It has the operator and the shop as releases
// of their own. The operator's is uninstalled, which touches no pipeline, before the umbrella
// brings another: two operators would both act. The shop's objects are taken over as they are, so
// that no pod is replaced and no order is lost; only Helm's record of the release is deleted.
import type { StepProgress } from '../../progress/progress.ts'
import type { Kubectl } from '../kubectl.ts'
import { forgetRelease, isInstalled, uninstall } from './helm.ts'

const formerOperator = { name: 'orderpipeline-operator', namespace: 'orderpipeline-system' }
const formerShop = { name: 'order-shop', namespace: 'default' }

export async function retireFormerOperator(
  kubectl: Kubectl,
  kubeconfig: string,
  progress: StepProgress,
): Promise<void> {
  if (!(await isInstalled(kubectl, formerOperator))) return
  progress.note(`helm uninstall ${formerOperator.name}, which order-platform contains from now on`)
  await uninstall({ ...formerOperator, kubeconfig })
  await kubectl(['delete', 'namespace', formerOperator.namespace, '--wait=false'])
}

/**
 * Whether there is a release whose objects the umbrella must take over. What cannot be taken over
 * is deleted.
 */
export async function releaseToAdopt(kubectl: Kubectl): Promise<boolean> {
  if (!(await isInstalled(kubectl, formerShop))) return false
  // Its selector names the release, and a selector cannot be changed. Charges are requested again
  // meanwhile.
  const formerProvider = ['--selector', `app.kubernetes.io/instance=${formerShop.name}`]
  await kubectl(['delete', 'deployment', '--namespace', formerShop.namespace, ...formerProvider])
  return true
}

export function forgetFormerShop(kubectl: Kubectl): Promise<void> {
  return forgetRelease(kubectl, formerShop)
}
