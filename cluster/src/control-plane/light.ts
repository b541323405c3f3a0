// What is a Kubernetes without nodes good for? Testing what talks to the API server: a real one
// with etcd and controller-manager and the custom resources of this product; pods are made but
// never run. Seconds to start, several at once.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProcessHost } from '../process/host.ts'
import { persistedPorts } from '../process/ports.ts'
import { silent } from '../progress/progress.ts'
import type { StepProgress } from '../progress/progress.ts'
import { ensureTool } from '../tools/index.ts'
import { applyCrds, testCrds } from './crds.ts'
import { findEtcd } from './etcd.ts'
import { prepareControlPlane, startControlPlane } from './start.ts'
import type { ControlPlaneOptions } from './start.ts'

export interface LightCluster {
  readonly kubeconfigPath: string
  readonly url: string
  close(): Promise<void>
}

export interface LightOptions {
  /**
   * YAML of CustomResourceDefinitions; the product's own and what it meets of KEDA and Strimzi when
   * absent.
   */
  readonly crds?: readonly string[]
  /** Where one host runs several: distinguishes their processes. */
  readonly name?: string
  readonly progress?: StepProgress
}

/** `dir` is made and, on close, removed. */
export async function startLightCluster(
  host: ProcessHost,
  dir: string,
  options: LightOptions = {},
): Promise<LightCluster> {
  const progress = options.progress ?? silent
  const kube = await ensureTool('kube', progress)
  const prefix = options.name ? `${options.name}-` : ''
  const controlPlane: ControlPlaneOptions = {
    ...{ dir, prefix, kube, address: '127.0.0.1', durable: false },
    etcd: await findEtcd(progress),
    ports: persistedPorts(join(dir, 'ports.json')),
    serves: { dns: ['localhost'], ip: ['127.0.0.1'] },
    apiServerFlags: () => [
      '--authorization-mode=RBAC',
      '--allow-privileged=true',
      '--service-cluster-ip-range=10.96.0.0/16',
      // Its address is a loopback one, which no Endpoints may carry; nothing looks for it in the
      // cluster.
      '--endpoint-reconciler-type=none',
    ],
    // Its usual 20 requests a second are for a shared server; here tests would wait for it.
    controllerManagerFlags: ['--kube-api-qps=300', '--kube-api-burst=600'],
  }
  const prepared = await prepareControlPlane(controlPlane)
  const [crds] = await Promise.all([
    options.crds ?? testCrds(kube, progress),
    startControlPlane(host, controlPlane, prepared, progress),
  ])
  progress.note('applying custom resource definitions')
  await applyCrds(kube, prepared.kubeconfig, crds)
  return {
    kubeconfigPath: prepared.kubeconfig,
    url: prepared.url,
    async close() {
      for (const name of ['kube-controller-manager', 'kube-apiserver', 'etcd']) {
        await host.stop(`${prefix}${name}`, { signal: 'SIGKILL' }) // nothing here outlives it
      }
      await rm(dir, { recursive: true, force: true })
    },
  }
}
