// What is the native cluster made of? Its directories, ports, tools and credentials, computed once
// per run and only on request, since some of it exists only after earlier steps.
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { once } from '@orderpipeline/retry'
import { prepareControlPlane } from '../../control-plane/start.ts'
import type { ControlPlaneOptions, Preparation } from '../../control-plane/start.ts'
import {
  apiServerFlags,
  apiServerNames,
  clientIdentities,
  controllerManagerFlags,
  network,
  nodeName,
} from '../../node/api-server-flags.ts'
import { addonPrograms } from '../../node/addon-records.ts'
import type { AddonProgram } from '../../node/addon-records.ts'
import type { NodeConfig } from '../../node/config.ts'
import { schedulerConfig } from '../../node/scheduler-config.ts'
import type { StatePaths } from '../../paths.ts'
import { persistedPorts, supervisedHost } from '../../process/index.ts'
import type { Ports, ProcessHost } from '../../process/index.ts'
import { toolPath } from '../../tools/index.ts'

/** Debian packages: what comes from nowhere else ready-made. */
export const packages: readonly string[] = [
  'conntrack',
  'containernetworking-plugins',
  'etcd-server',
  'iproute2',
  'iptables',
  'redis-server',
  'runc',
  'util-linux',
]

/** Where the distribution's programs are, whatever the caller's own PATH. */
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export interface NativeCluster {
  readonly paths: StatePaths
  readonly ports: Ports
  readonly dir: (name: string) => string
  readonly controlPlaneOptions: ControlPlaneOptions
  readonly host: () => Promise<ProcessHost>
  readonly controlPlane: () => Promise<Preparation>
  readonly node: () => Promise<NodeConfig>
}

export function nativeCluster(paths: StatePaths): NativeCluster {
  const ports = persistedPorts(paths.ports)
  const dir = (name: string) => join(paths.root, name)
  const options = controlPlaneOptions(dir('control-plane'), ports)
  const controlPlane = once(() => prepareControlPlane(options), { keepsFailure: true })
  return {
    paths,
    ports,
    dir,
    host: once(() => supervisedHost(paths.processes), { keepsFailure: true }),
    controlPlaneOptions: options,
    controlPlane,
    node: once(async () => nodeConfig(dir('node'), runDir(paths), ports, await controlPlane()), { keepsFailure: true }),
  }
}

/** Where sockets and mounts are; removing a cluster needs no more than these two. */
export function nodeDirectories(paths: StatePaths) {
  return { dir: join(paths.root, 'node'), runDir: runDir(paths), path }
}

/**
 * Short, since the kernel takes no socket path longer than 107 bytes; distinct per state directory.
 */
function runDir(paths: StatePaths): string {
  return `/run/orderpipeline/${createHash('sha256').update(paths.root).digest('hex').slice(0, 8)}`
}

function controlPlaneOptions(dir: string, ports: Ports): ControlPlaneOptions {
  const { apiServerToKubelet, frontProxy, kubelet, kubeProxy } = clientIdentities
  return {
    ...{ dir, ports, durable: true, address: network.nodeAddress, serves: apiServerNames },
    kube: toolPath('kube'),
    etcd: '/usr/bin/etcd',
    alsoIssue: {
      kubelet: { ...kubelet, serves: { dns: [nodeName], ip: [network.nodeAddress] } },
      'kube-proxy': kubeProxy,
      'api-server-to-kubelet': apiServerToKubelet,
      'front-proxy-client': { ...frontProxy, signedBy: 'front-proxy' },
    },
    alsoConnect: ['kubelet', 'kube-proxy'],
    apiServerFlags: (credentials) =>
      apiServerFlags({
        frontProxyCa: credentials.file('front-proxy-ca').cert,
        frontProxyCert: credentials.file('front-proxy-client').cert,
        frontProxyKey: credentials.file('front-proxy-client').key,
        kubeletClientCert: credentials.file('api-server-to-kubelet').cert,
        kubeletClientKey: credentials.file('api-server-to-kubelet').key,
      }),
    controllerManagerFlags,
    scheduler: {
      async writeConfig(kubeconfig) {
        const file = join(dir, 'scheduler.yaml')
        await writeFile(file, schedulerConfig(kubeconfig))
        return file
      },
    },
  }
}

async function nodeConfig(dir: string, run: string, ports: Ports, controlPlane: Preparation): Promise<NodeConfig> {
  const { credentials, kubeconfig } = controlPlane
  const kubelet = credentials.file('kubelet')
  return {
    ...{ dir, runDir: run, path },
    tools: {
      kube: toolPath('kube'),
      containerd: toolPath('containerd'),
      containerdShim: toolPath('containerd-shim-runc-v2'),
      ctr: toolPath('ctr'),
      runc: '/usr/sbin/runc',
      cniPlugins: '/usr/lib/cni',
      addons: Object.fromEntries(addonPrograms.map((name) => [name, toolPath(name)])) as Record<AddonProgram, string>,
    },
    credentials: {
      clusterCa: credentials.file('cluster-ca').cert,
      kubeletCert: kubelet.cert,
      kubeletKey: kubelet.key,
      kubeletKubeconfig: controlPlane.kubeconfigOf('kubelet'),
      kubeProxyKubeconfig: controlPlane.kubeconfigOf('kube-proxy'),
      adminKubeconfig: kubeconfig,
    },
    ports: {
      kubelet: await ports.port('kubelet'),
      kubeletHealth: await ports.port('kubelet-health'),
      proxyHealth: await ports.port('kube-proxy-health'),
      proxyMetrics: await ports.port('kube-proxy-metrics'),
    },
  }
}
