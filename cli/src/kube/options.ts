// Which cluster, and which namespace of it? The options of every command that looks at one.
import type { Command } from 'commander'

export interface ClusterOptions {
  readonly namespace?: string
  readonly context?: string
  readonly kubeconfig?: string
}

export function clusterOptions(command: Command): Command {
  return command
    .option('-n, --namespace <namespace>', "namespace; default: the kubeconfig's own")
    .option('--context <context>', 'context of the kubeconfig; default: its current one')
    .option(
      '--kubeconfig <file>',
      'kubeconfig; default, as for kubectl: KUBECONFIG, or ~/.kube/config; with npm run that of the local cluster',
    )
}
