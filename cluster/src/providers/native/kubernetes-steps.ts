// Which steps of `up` make a Kubernetes of one node on a machine without Docker?
import { copyFile } from 'node:fs/promises'
import { startControlPlane } from '../../control-plane/start.ts'
import { prepareNetwork } from '../../node/network.ts'
import { startNode, startRuntime } from '../../node/start.ts'
import type { Step } from '../../progress/steps.ts'
import { ensureDebianPackages } from '../../tools/index.ts'
import { packages } from './cluster.ts'
import type { NativeCluster } from './cluster.ts'

/** What the machine needs before anything is started on it. */
export function machineSteps(cluster: NativeCluster): readonly Step[] {
  return [
    {
      name: 'packages',
      title: 'Debian packages',
      after: [],
      typicalMs: 20_000,
      run: (progress) => ensureDebianPackages(packages, progress),
    },
    {
      name: 'network',
      title: 'Pod network',
      after: ['packages'],
      typicalMs: 500,
      run: async () => await prepareNetwork(await cluster.node()),
    },
  ]
}

export function kubernetesSteps(cluster: NativeCluster): readonly Step[] {
  return [
    {
      name: 'control-plane',
      title: 'Kubernetes control plane',
      after: ['tool-kubernetes', 'network'],
      typicalMs: 12_000,
      async run(progress) {
        const prepared = await cluster.controlPlane()
        await startControlPlane(await cluster.host(), cluster.controlPlaneOptions, prepared, progress)
        await copyFile(prepared.kubeconfig, cluster.paths.kubeconfig)
      },
    },
    {
      name: 'runtime',
      title: 'Container runtime',
      after: ['tool-containerd', 'packages'],
      typicalMs: 15_000,
      run: async (progress) => await startRuntime(await cluster.host(), await cluster.node(), progress),
    },
    {
      name: 'node',
      title: 'Kubernetes node',
      after: ['control-plane', 'runtime'],
      typicalMs: 6_000,
      run: async (progress) => await startNode(await cluster.host(), await cluster.node(), progress),
    },
  ]
}
