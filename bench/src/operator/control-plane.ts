// On what is the operator measured? On an API server with etcd for each run, none warmer than the
// other. Without controllers: only the operator acts.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inProcessHost, startLightCluster } from '@orderpipeline/cluster/testing'
import { clientOf, processorSeconds } from './client.ts'

export interface ControlPlane {
  readonly kubeconfig: string
  /** It exists. */
  readonly namespace: string
  /** For the operator's bundle and log. */
  readonly dir: string
  /** Processor seconds that the API server and etcd have used. */
  readonly serverProcessor: () => Promise<number>
  close(): Promise<void>
}

export async function startControlPlane(): Promise<ControlPlane> {
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-bench-'))
  const host = inProcessHost(join(dir, 'processes'))
  const close = async (): Promise<void> => {
    await host.close()
    await rm(dir, { recursive: true, force: true })
  }
  try {
    const { kubeconfigPath } = await startLightCluster(host, join(dir, 'cluster'))
    await host.stop('kube-controller-manager')
    const namespace = 'bench'
    await createNamespace(kubeconfigPath, namespace)
    const serverProcessor = async (): Promise<number> =>
      (await host.list()).reduce((sum, { pid }) => sum + ((pid && processorSeconds(pid)) || 0), 0)
    return { kubeconfig: kubeconfigPath, namespace, dir, serverProcessor, close }
  } catch (error) {
    await close()
    throw error
  }
}

export async function createNamespace(kubeconfig: string, name: string): Promise<void> {
  const client = await clientOf(kubeconfig, 1)
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
  await client.send('POST', '/api/v1/namespaces', body)
  client.close()
}

export async function onControlPlane<Result>(work: (plane: ControlPlane) => Promise<Result>): Promise<Result> {
  const plane = await startControlPlane()
  try {
    return await work(plane)
  } finally {
    await plane.close()
  }
}
