// How is a cluster connected only at the first request? Connecting loads the Kubernetes client, a
// second of a processor.
import type { KubeClient } from '@orderpipeline/client'
import { once } from '@orderpipeline/retry'

/** @throws what `make` throws, at each request until it succeeds */
export function laterKube(
  make: () => Promise<KubeClient>,
  { cluster, namespace, local }: Pick<KubeClient, 'cluster' | 'namespace' | 'local'>,
): KubeClient {
  const kube = once(make)
  return {
    ...{ cluster, namespace, local },
    get: async (...request) => (await kube()).get(...request),
    getText: async (...request) => (await kube()).getText(...request),
    patch: async (...request) => (await kube()).patch(...request),
    send: async (...request) => (await kube()).send(...request),
  }
}
