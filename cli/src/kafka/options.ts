// Where is Kafka? The options of every command that reads from it or writes to it itself.
import type { Command } from 'commander'
import { clusterOptions } from '../kube/options.ts'
import type { ClusterOptions } from '../kube/options.ts'

export interface KafkaOptions extends ClusterOptions {
  readonly bootstrapServers?: string
}

export function kafkaOptions(command: Command): Command {
  return clusterOptions(
    command.option(
      '--bootstrap-servers <list>',
      'host:port of Kafka, comma-separated; default: KAFKA_BOOTSTRAP_SERVERS with KAFKA_SECURITY_PROTOCOL, KAFKA_TLS_CA and ' +
        'KAFKA_SASL_… as for a stage, or else the spec of the pipeline in the cluster',
    ),
  )
}
