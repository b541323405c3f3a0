// What is a node made from? Directories, tools, credentials and ports, all passed in: nothing here
// inspects the machine.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { AddonProgram } from './addon-records.ts'

export interface NodeTools {
  /**
   * Kubernetes' multi-call binary: `<kube> kubelet …`, `<kube> kube-proxy …`, `<kube> kubectl …`.
   */
  readonly kube: string
  readonly containerd: string
  readonly containerdShim: string
  readonly ctr: string
  readonly runc: string
  /** Folder with the CNI plugins bridge and host-local. */
  readonly cniPlugins: string
  /** Programs that run in pods. */
  readonly addons: Readonly<Record<AddonProgram, string>>
}

/**
 * PEM files and kubeconfigs, written by the control plane for the identities in
 * api-server-flags.ts.
 */
export interface NodeCredentials {
  readonly clusterCa: string
  /** Kubelet's serving certificate: carries the node's name and address. */
  readonly kubeletCert: string
  readonly kubeletKey: string
  readonly kubeletKubeconfig: string
  readonly kubeProxyKubeconfig: string
  readonly adminKubeconfig: string
}

export interface NodeConfig {
  /** What lasts: images, the kubelet's files, configuration, pod logs. */
  readonly dir: string
  /**
   * Sockets, mounts, network namespaces. Short: shim sockets add 70 characters and 107 is the
   * kernel's limit.
   */
  readonly runDir: string
  readonly tools: NodeTools
  readonly credentials: NodeCredentials
  readonly ports: {
    readonly kubelet: number
    readonly kubeletHealth: number
    readonly proxyHealth: number
    readonly proxyMetrics: number
  }
  /** Where kubelet, kube-proxy and containerd find iptables, mount, conntrack, nsenter. */
  readonly path: string
}

/** Every file and folder of the node, so that starting and removing speak of the same ones. */
export function nodePaths(config: Pick<NodeConfig, 'dir' | 'runDir'>) {
  const at = (...parts: string[]) => join(config.dir, ...parts)
  const run = (...parts: string[]) => join(config.runDir, ...parts)
  return {
    /** Holds the shim under the one name by which containerd looks for it. */
    programs: at('bin'),
    containerdConfig: at('containerd.toml'),
    containerdRoot: at('containerd'),
    containerdState: run('containerd'),
    containerdSocket: run('containerd.sock'),
    shimSockets: run('s'),
    runcState: run('runc'),
    cniConfig: at('cni'),
    cniAddresses: run('addresses'),
    kubeletConfig: at('kubelet.yaml'),
    kubeletRoot: at('kubelet'),
    podLogs: at('pod-logs'),
    resolvConf: at('resolv.conf'),
    kubeProxyConfig: at('kube-proxy.yaml'),
    images: at('images'),
    addons: at('addons'),
    /** Kernel settings as they were before, restored on removal. */
    sysctls: at('sysctls.json'),
  }
}
/**
 * Distinct per cluster: the CNI library files what it did for a pod under this name, in a folder
 * all clusters share.
 */
export function podNetworkName(dir: string): string {
  return clusterName(dir)
}

/**
 * The cgroup of all pods, distinct per cluster: what runs in it is ours, whatever its parent is by
 * now.
 */
export function podCgroup(dir: string): string {
  return clusterName(dir)
}

function clusterName(dir: string) {
  return `orderpipeline-${createHash('sha256').update(dir).digest('hex').slice(0, 8)}`
}

export type NodePaths = ReturnType<typeof nodePaths>
