// How does a step look at the cluster or change it? With kubectl, bounded in time.
import { run } from '../process/run.ts'
import { toolPath } from '../tools/index.ts'

export interface Kubectl {
  (args: readonly string[], options?: { readonly input?: string; readonly timeoutMs?: number }): Promise<string>
}

export function kubectlWith(kubeconfig: string): Kubectl {
  return async (args, { input, timeoutMs = 60_000 } = {}) => {
    const all = ['kubectl', '--kubeconfig', kubeconfig, ...args]
    const { stdout } = await run(toolPath('kube'), all, { timeoutMs, ...(input !== undefined && { input }) })
    return stdout
  }
}

/** Applies objects as this package's own; what others have added to them stays. */
export async function applyObjects(kubectl: Kubectl, yamlOrJson: string): Promise<void> {
  const flags = ['--server-side', '--force-conflicts', '--field-manager=orderpipeline-cluster']
  await kubectl(['apply', ...flags, '-f', '-'], { input: yamlOrJson, timeoutMs: 120_000 })
}

/** Whether all the named objects exist, e.g. `deployment/keda-operator`. */
export async function exist(kubectl: Kubectl, namespace: string, ...names: string[]): Promise<boolean> {
  return await kubectl(['get', '--namespace', namespace, '--output', 'name', ...names], { timeoutMs: 15_000 }).then(
    () => true,
    () => false,
  )
}
