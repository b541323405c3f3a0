// Where is Kafka? The options of every command that reads from it or writes to it itself.
import type { Command } from 'commander'
import { clusterOptions, type ClusterOptions } from '../kube/options.ts'

export interface KafkaOptions extends ClusterOptions {
  readonly bootstrapServers?: string
}

export const kafkaOptions = (command: Command): Command =>
  clusterOptions(
    command.option(
      '--bootstrap-servers <list>',
      'host:port of Kafka, comma-separated; KAFKA_BOOTSTRAP_SERVERS with KAFKA_SECURITY_PROTOCOL, KAFKA_TLS_CA and ' +
        'KAFKA_SASL_… as a stage has them, else what the pipeline in the cluster says, unless given',
    ),
  )
