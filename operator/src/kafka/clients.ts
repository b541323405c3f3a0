// Who shares a connection to Kafka? Everyone who goes to the same servers with the same
// credentials, until the last has let go.
import { kafkaConnection, type KafkaConnection, type KafkaSecurity } from '@orderpipeline/kafka-admin'
import { accessKey, type KafkaAccess } from '../pipeline/index.ts'

export interface KafkaClients {
  /** To be closed by whoever asked; nothing is connected before it is used. */
  of(access: KafkaAccess): KafkaConnection
}

export const kafkaClients = (
  credentialsOf: (access: KafkaAccess) => Promise<KafkaSecurity>,
  timeoutMs: number,
): KafkaClients => {
  const open = new Map<string, { readonly connection: KafkaConnection; users: number }>()
  return {
    of: (access) => {
      const key = accessKey(access)
      const shared = open.get(key) ?? { connection: connectionTo(access, credentialsOf, timeoutMs), users: 0 }
      open.set(key, shared)
      shared.users += 1
      let held = true
      return {
        ...shared.connection,
        close: async () => {
          if (!held) return
          held = false
          shared.users -= 1
          if (shared.users > 0) return
          open.delete(key)
          await shared.connection.close()
        },
      }
    },
  }
}

const connectionTo = (
  access: KafkaAccess,
  credentialsOf: (access: KafkaAccess) => Promise<KafkaSecurity>,
  timeoutMs: number,
): KafkaConnection => {
  const { bootstrapServers, tls, sasl } = access
  const secured = tls !== undefined || sasl !== undefined
  return kafkaConnection({
    bootstrapServers,
    clientId: 'orderpipeline-operator',
    timeoutMs,
    ...(secured ? { security: () => credentialsOf(access) } : {}),
  })
}
