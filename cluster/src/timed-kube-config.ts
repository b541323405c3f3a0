// How does every call of a typed Kubernetes client end in time? The client has no time limit of its
// own; it asks its kubeconfig for the credentials of each call, which sets one there.
import { KubeConfig } from '@kubernetes/client-node'
import type { RequestContext } from '@kubernetes/client-node'

/** Until the answer has been read whole. */
const usualTimeoutMs = 30_000

export class TimedKubeConfig extends KubeConfig {
  readonly #timeoutMs: number

  constructor(timeoutMs = usualTimeoutMs) {
    super()
    this.#timeoutMs = timeoutMs
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context)
    context.setSignal(AbortSignal.timeout(this.#timeoutMs))
  }
}
