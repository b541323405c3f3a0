// How is the kubelet tuned for one small machine that starts a hundred pods at once? Pure.
import { stringify } from 'yaml'
import { network } from './api-server-flags.ts'
import { nodePaths, podCgroup } from './config.ts'
import type { NodeConfig } from './config.ts'

export function kubeletConfig(config: NodeConfig): string {
  const paths = nodePaths(config)
  return stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: network.nodeAddress,
    port: config.ports.kubelet,
    readOnlyPort: 0,
    healthzBindAddress: '127.0.0.1',
    healthzPort: config.ports.kubeletHealth,
    tlsCertFile: config.credentials.kubeletCert,
    tlsPrivateKeyFile: config.credentials.kubeletKey,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: config.credentials.clusterCa },
    },
    authorization: { mode: 'Webhook' },
    containerRuntimeEndpoint: `unix://${paths.containerdSocket}`,
    resolvConf: paths.resolvConf,
    podLogsDir: paths.podLogs,
    volumePluginDir: `${paths.kubeletRoot}/volume-plugins`,
    staticPodPath: '',
    clusterDNS: [network.dnsAddress],
    clusterDomain: network.clusterDomain,
    // The host may be on either version of cgroups; systemd may not be there to manage them.
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${podCgroup(config.dir)}`,
    enforceNodeAllocatable: ['none'],
    oomScoreAdj: 0,
    failSwapOn: false,
    maxPods: 300,
    // Requests are declared small and limits hold; the host's own Kafka and PostgreSQL have their
    // reserve.
    systemReserved: { memory: '2Gi' },
    // Absolute: a share of the disk would evict on a large, well-filled one.
    evictionHard: { 'memory.available': '200Mi', 'nodefs.available': '1Gi', 'imagefs.available': '1Gi' },
    // Images are imported, so one collected could not be pulled again.
    imageGCHighThresholdPercent: 100,
    serializeImagePulls: false,
    kubeAPIQPS: 300,
    kubeAPIBurst: 600,
    // Events of a hundred starting pods are a third of all calls: they may arrive a little after
    // the pods.
    eventRecordQPS: 20,
    eventBurst: 50,
    nodeStatusUpdateFrequency: '10s',
    syncFrequency: '30s',
    containerLogMaxSize: '5Mi',
    containerLogMaxFiles: 2,
    // Below this a crashing stage of fifty replicas keeps two cores busy with restarts.
    crashLoopBackOff: { maxContainerRestartPeriod: '20s' },
    shutdownGracePeriod: '0s',
  })
}
