// Where may a cluster and a Kafka be found? What the machine says of it.

export interface ClientEnvironment {
  /** Value of KUBECONFIG, when set. */
  readonly kubeconfig: string | undefined
  /** Kubeconfigs to look for when it is not, best first. */
  readonly kubeconfigCandidates: readonly string[]
  /** Those of the stage contract that say where Kafka is and how it is entered. */
  readonly kafkaVariables?: Readonly<Record<string, string | undefined>>
  /** Kubeconfigs of what runs on this machine: the embedded runtime and the local cluster. */
  readonly localKubeconfigs?: readonly string[]
}
