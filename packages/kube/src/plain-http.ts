// How does a kubeconfig with a server of plain HTTP work, such as one for `kubectl proxy`?
import type { KubeConfig } from '@kubernetes/client-node'

/**
 * @kubernetes/client-node refuses http:// unless the kubeconfig skips the verification of
 * certificates, which kubectl does not ask for: there is no certificate to verify. This sets it for
 * the clusters with such a server, and leaves all others as they are.
 */
export function allowPlainHttp(config: KubeConfig): void {
  config.clusters = config.clusters.map((cluster) =>
    cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster,
  )
}
