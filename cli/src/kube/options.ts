// Which cluster, and which namespace of it? The options of every command that looks at one.
import type { Command } from 'commander'

export interface ClusterOptions {
  readonly namespace?: string
  readonly context?: string
  readonly kubeconfig?: string
}

export const clusterOptions = (command: Command): Command =>
  command
    .option('-n, --namespace <namespace>', "namespace; the kubeconfig's own unless given")
    .option('--context <context>', "context of the kubeconfig; the kubeconfig's current one unless given")
    .option(
      '--kubeconfig <file>',
      'kubeconfig; as for kubectl unless given: KUBECONFIG, else ~/.kube/config; with npm run the local cluster’s',
    )
