// How does a client get access to a Kafka that requires a password? As an administrator of it would
// arrange: a SCRAM user, and the rights that docs/concepts/architecture.md lists for a pipeline, no
// more.
import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { kafkaConnection } from '@orderpipeline/kafka-admin'
import { alterUserScramCredentialsV0 } from '@platformatic/kafka'
import kafkajs from 'kafkajs'

export interface KafkaUser {
  readonly username: string
  readonly password: string
}

// Node finds only some of the names that this CommonJS package exports.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, logLevel, ResourcePatternTypes } = kafkajs
const scramSha512 = { mechanism: 2, digest: 'sha512', bytes: 64, iterations: 4096 } as const
const { CREATE, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER, ALTER_CONFIGS, READ, WRITE } = AclOperationTypes

/**
 * A user for the pipeline, with a new random password. `broker`: a listener without authentication.
 */
export async function pipelineUser(broker: string, of: { namespace: string; pipeline: string }): Promise<KafkaUser> {
  const user = { username: `${of.namespace}-${of.pipeline}`, password: randomBytes(16).toString('hex') }
  await setPassword(broker, user)
  await allow(broker, user, of)
  return user
}

async function setPassword(broker: string, { username, password }: KafkaUser): Promise<void> {
  const { mechanism, digest, bytes, iterations } = scramSha512
  const salt = randomBytes(16)
  const saltedPassword = pbkdf2Sync(password, salt, iterations, bytes, digest)
  const kafka = kafkaConnection({ bootstrapServers: broker, clientId: 'e2e', timeoutMs: 10_000 })
  try {
    const credentials = [{ name: username, mechanism, iterations, salt, saltedPassword }]
    await kafka.request('controller', alterUserScramCredentialsV0.api, [], credentials)
  } finally {
    await kafka.close()
  }
}

async function allow(
  broker: string,
  { username }: KafkaUser,
  { namespace, pipeline }: { namespace: string; pipeline: string },
): Promise<void> {
  const onTopics = [CREATE, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER, ALTER_CONFIGS, READ, WRITE]
  const rights = [
    ...onTopics.map((operation) => [AclResourceTypes.TOPIC, `${pipeline}.`, operation] as const),
    ...[DESCRIBE, READ].map((operation) => [AclResourceTypes.GROUP, `${namespace}.${pipeline}.`, operation] as const),
  ]
  const admin = new Kafka({ brokers: [broker], clientId: 'e2e', logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    await admin.createAcls({
      acl: rights.map(([resourceType, resourceName, operation]) => ({
        ...{ resourceType, resourceName, operation },
        ...{ resourcePatternType: ResourcePatternTypes.PREFIXED, permissionType: AclPermissionTypes.ALLOW },
        ...{ principal: `User:${username}`, host: '*' },
      })),
    })
  } finally {
    await admin.disconnect()
  }
}
