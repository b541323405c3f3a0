// How does kube-proxy make Services reachable, NodePorts from 127.0.0.1 included? Pure.
import { stringify } from 'yaml'
import { network, nodeName } from './api-server-flags.ts'
import type { NodeConfig } from './config.ts'

export function kubeProxyConfig(config: NodeConfig): string {
  return stringify({
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: config.credentials.kubeProxyKubeconfig, qps: 100, burst: 200 },
    hostnameOverride: nodeName,
    bindAddress: network.nodeAddress,
    healthzBindAddress: `127.0.0.1:${config.ports.proxyHealth}`,
    metricsBindAddress: `127.0.0.1:${config.ports.proxyMetrics}`,
    oomScoreAdj: 0,
    mode: 'iptables',
    clusterCIDR: network.podRange,
    // Only iptables mode can serve NodePorts on loopback. The machine's other addresses stay
    // closed.
    nodePortAddresses: ['127.0.0.0/8', network.podRange],
    iptables: { localhostNodePorts: true, minSyncPeriod: '500ms', syncPeriod: '30s' },
    // 0 leaves the machine's own connection-tracking limits alone.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  })
}
