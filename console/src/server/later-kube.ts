// How is a cluster connected only at the first request? Connecting loads the Kubernetes client, a
// second of a processor.
import type { Kube } from '@orderpipeline/client'
import { once } from '@orderpipeline/retry'

/** @throws what `make` throws, at each request until it succeeds */
export function laterKube(
  make: () => Promise<Kube>,
  { cluster, namespace, local }: Pick<Kube, 'cluster' | 'namespace' | 'local'>,
): Kube {
  const kube = once(make)
  return {
    ...{ cluster, namespace, local },
    get: async (...request) => (await kube()).get(...request),
    getText: async (...request) => (await kube()).getText(...request),
    patch: async (...request) => (await kube()).patch(...request),
    send: async (...request) => (await kube()).send(...request),
  }
}
