// Which users share a connection to Kafka? All that use the same servers with the same credentials.
// It closes when the last of them has closed it.
import { kafkaConnection } from '@orderpipeline/kafka-admin'
import type { KafkaConnection, KafkaSecurity } from '@orderpipeline/kafka-admin'
import { accessKey } from '../pipeline/index.ts'
import type { KafkaAccess } from '../pipeline/index.ts'

export interface KafkaClients {
  /** The caller must close it; nothing is connected before the first use. */
  of(access: KafkaAccess): KafkaConnection
}

export function kafkaClients(
  credentialsOf: (access: KafkaAccess) => Promise<KafkaSecurity>,
  timeoutMs: number,
): KafkaClients {
  const open = new Map<string, { readonly connection: KafkaConnection; users: number }>()
  return {
    of: (access) => {
      const key = accessKey(access)
      const shared = open.get(key) ?? { connection: connectionTo(access, credentialsOf, timeoutMs), users: 0 }
      open.set(key, shared)
      shared.users += 1
      let isOpen = true
      return {
        ...shared.connection,
        close: async () => {
          if (!isOpen) return
          isOpen = false
          shared.users -= 1
          if (shared.users > 0) return
          open.delete(key)
          await shared.connection.close()
        },
      }
    },
  }
}

function connectionTo(
  access: KafkaAccess,
  credentialsOf: (access: KafkaAccess) => Promise<KafkaSecurity>,
  timeoutMs: number,
): KafkaConnection {
  const { bootstrapServers, tls, sasl } = access
  const isSecured = tls !== undefined || sasl !== undefined
  return kafkaConnection({
    bootstrapServers,
    clientId: 'orderpipeline-operator',
    timeoutMs,
    ...(isSecured ? { security: () => credentialsOf(access) } : {}),
  })
}
