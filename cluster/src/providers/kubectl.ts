// How does a step look at the cluster or change it? With kubectl, bounded in time.
import { run } from '../process/run.ts'
import { toolPath } from '../tools/index.ts'
import type { ToolName } from '../tools/index.ts'
import type { ProviderName } from './provider.ts'

export interface Kubectl {
  (args: readonly string[], options?: { readonly input?: string; readonly timeoutMs?: number }): Promise<string>
}

/**
 * Which tool is kubectl: the program of all of Kubernetes that runs the native cluster, or, on
 * kind, kubectl by itself.
 */
export function kubectlTool(provider: ProviderName): { readonly tool: ToolName; readonly leading: readonly string[] } {
  return provider === 'native' ? { tool: 'kube', leading: ['kubectl'] } : { tool: 'kubectl', leading: [] }
}

export function kubectlWith(kubeconfig: string, provider: ProviderName = 'native'): Kubectl {
  const { tool, leading } = kubectlTool(provider)
  return async (args, { input, timeoutMs = 60_000 } = {}) => {
    const all = [...leading, '--kubeconfig', kubeconfig, ...args]
    const { stdout } = await run(toolPath(tool), all, { timeoutMs, ...(input !== undefined && { input }) })
    return stdout
  }
}

/**
 * Applies objects as this package's own, or in another's name; what others have added to them
 * stays.
 */
export async function applyObjects(
  kubectl: Kubectl,
  yamlOrJson: string,
  manager = 'orderpipeline-cluster',
): Promise<void> {
  const flags = ['--server-side', '--force-conflicts', `--field-manager=${manager}`]
  await kubectl(['apply', ...flags, '-f', '-'], { input: yamlOrJson, timeoutMs: 120_000 })
}

/** Whether all the named objects exist, e.g. `deployment/keda-operator`. */
export async function exist(kubectl: Kubectl, namespace: string, ...names: string[]): Promise<boolean> {
  return await kubectl(['get', '--namespace', namespace, '--output', 'name', ...names], { timeoutMs: 15_000 }).then(
    () => true,
    () => false,
  )
}
