// How is the cluster in Docker made, filled and removed? By kind, from kind-config.yaml.
import { join } from 'node:path'
import { run } from '../../process/run.ts'
import type { StepProgress } from '../../progress/progress.ts'
import type { Kubectl } from '../kubectl.ts'
import { toolPath } from '../../tools/index.ts'

export const clusterName = 'orderpipeline'
export const configFile = join(import.meta.dirname, '../../../..', 'kind-config.yaml')

function kind(args: readonly string[], timeoutMs: number) {
  return run(toolPath('kind'), args, { timeoutMs })
}

/** Makes it unless it is there, and writes its kubeconfig. */
export async function ensureCluster(kubeconfig: string, progress: StepProgress): Promise<void> {
  if (await exists()) {
    await kind(['export', 'kubeconfig', '--name', clusterName, '--kubeconfig', kubeconfig], 60_000)
    return
  }
  progress.note('pulling the node image and starting Kubernetes')
  const where = ['--name', clusterName, '--config', configFile, '--kubeconfig', kubeconfig]
  await kind(['create', 'cluster', ...where, '--wait', '180s'], 900_000)
}

export async function removeCluster(): Promise<void> {
  if (await exists()) await kind(['delete', 'cluster', '--name', clusterName], 120_000)
}

async function exists(): Promise<boolean> {
  return (await kind(['get', 'clusters'], 30_000)).stdout.split('\n').includes(clusterName)
}

/** kubectl by itself: the tool of all of Kubernetes' programs is built for Linux only. */
export function kindKubectl(kubeconfig: string): Kubectl {
  return async (args, { input, timeoutMs = 60_000 } = {}) => {
    const options = { timeoutMs, ...(input !== undefined && { input }) }
    return (await run(toolPath('kubectl'), ['--kubeconfig', kubeconfig, ...args], options)).stdout
  }
}
