// What does the control plane need so that a node, Services, aggregated APIs (KEDA,
// metrics-server), logs and exec work? The control plane starts before the node, on addresses that
// only the node's bridge has: prepareNetwork() comes first.

/** One flat network: the bridge is the node, the API server and the gateway of every pod. */
export const network = {
  bridge: 'opl0',
  /** The node's own address and the API server's advertised one; pods reach host processes here. */
  nodeAddress: '10.244.0.1',
  podRange: '10.244.0.0/16',
  serviceRange: '10.96.0.0/16',
  /** The API server's own Service: the first address of the range. */
  apiServiceAddress: '10.96.0.1',
  dnsAddress: '10.96.0.10',
  clusterDomain: 'cluster.local',
} as const

/** The node's name, as the Node object and as the subject of the kubelet's certificate. */
export const nodeName = 'local'

/** Names and addresses the API server's serving certificate must carry. */
export const apiServerNames = {
  dns: [
    'localhost',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${network.clusterDomain}`,
  ],
  ip: ['127.0.0.1', network.nodeAddress, network.apiServiceAddress],
} as const

/**
 * Client identities the node's parts present; signed by the cluster's CA. Node authorization and
 * RBAC rest on these names.
 */
export const clientIdentities = {
  /**
   * Kubelet; the same certificate may serve when it also carries the node's name and address and
   * both key usages.
   */
  kubelet: { commonName: `system:node:${nodeName}`, organization: 'system:nodes' },
  kubeProxy: { commonName: 'system:kube-proxy' },
  /** API server → kubelet, for logs, exec and metrics. */
  apiServerToKubelet: { commonName: 'kube-apiserver-kubelet-client', organization: 'system:masters' },
  /** API server → aggregated API servers; signed by its own CA, the front-proxy one. */
  frontProxy: { commonName: 'front-proxy-client' },
} as const

export interface ApiServerFiles {
  /** CA of the front-proxy client certificate; must not be the cluster's CA. */
  readonly frontProxyCa: string
  readonly frontProxyCert: string
  readonly frontProxyKey: string
  readonly kubeletClientCert: string
  readonly kubeletClientKey: string
}

/**
 * Flags that the node needs; etcd, ports, serving and service-account keys are the control plane's
 * own.
 */
export function apiServerFlags(files: ApiServerFiles): string[] {
  return [
    `--advertise-address=${network.nodeAddress}`,
    `--service-cluster-ip-range=${network.serviceRange}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged=true',
    '--enable-aggregator-routing=true',
    `--requestheader-client-ca-file=${files.frontProxyCa}`,
    `--requestheader-allowed-names=${clientIdentities.frontProxy.commonName}`,
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-username-headers=X-Remote-User',
    `--proxy-client-cert-file=${files.frontProxyCert}`,
    `--proxy-client-key-file=${files.frontProxyKey}`,
    `--kubelet-client-certificate=${files.kubeletClientCert}`,
    `--kubelet-client-key=${files.kubeletClientKey}`,
    '--kubelet-preferred-address-types=InternalIP',
  ]
}

/**
 * The controller-manager assigns no pod ranges: one node, whose CNI owns the whole range. HPA reads
 * both metrics APIs.
 */
export const controllerManagerFlags: readonly string[] = [
  '--allocate-node-cidrs=false',
  '--horizontal-pod-autoscaler-sync-period=5s',
  '--kube-api-qps=200',
  '--kube-api-burst=400',
  // A hundred pods become ready within seconds: their Services are written, and iptables rewritten,
  // a few times, not a hundred.
  '--endpoint-updates-batch-period=500ms',
  '--endpointslice-updates-batch-period=500ms',
  '--concurrent-deployment-syncs=10',
  '--concurrent-replicaset-syncs=10',
]
