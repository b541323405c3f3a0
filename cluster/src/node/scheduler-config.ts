// How does the scheduler place a hundred pods in a second? There is one node: what costs is only
// the calls it may make. Pure.
import { stringify } from 'yaml'

/** For `kube-scheduler --config`; started by the control plane. */
export function schedulerConfig(kubeconfig: string): string {
  return stringify({
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    clientConnection: { kubeconfig, qps: 300, burst: 600 },
    leaderElection: { leaderElect: false },
    podInitialBackoffSeconds: 1,
    podMaxBackoffSeconds: 5,
  })
}
