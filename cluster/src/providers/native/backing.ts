// What runs next to the native cluster, and how do its pods find it? Kafka, PostgreSQL, its read
// replica and Redis as host processes that also listen on the pods' bridge, and Services that give
// them the names they would have inside.
import { join } from 'node:path'
import { topicOperatorProcess } from '../../topic-operator/index.ts'
import {
  backingServiceManifests,
  databaseSecretManifests,
  kafkaAuthorityManifest,
  kafkaCertificate,
  kafkaNames,
  startKafka,
  startPostgres,
  startRedis,
  startReplica,
} from '../../backing/index.ts'
import type { PostgresConnection } from '../../backing/index.ts'
import { network } from '../../node/api-server-flags.ts'
import type { StepProgress } from '../../progress/progress.ts'
import { pipelineName, shopNamespace } from '../product/steps.ts'
import type { NativeCluster } from './cluster.ts'

/** The Strimzi cluster that the shop's pipeline names. */
const kafkaCluster = `${pipelineName}-kafka`
const podsReach = network.nodeAddress

export type BackingName = 'kafka' | 'postgres' | 'postgres-replica' | 'redis'

export interface Backing {
  readonly start: (name: BackingName, progress: StepProgress) => Promise<void>
  /** Those that there are. */
  readonly names: readonly BackingName[]
  startTopicOperator(): Promise<void>
  /** What the cluster must know about them; PostgreSQL must have been started. */
  objects(): Promise<string>
}

export function backingOf(cluster: NativeCluster, { replica }: { readonly replica: boolean }): Backing {
  const { dir } = cluster
  const port = (name: string) => cluster.ports.port(name)
  let postgres: PostgresConnection | undefined
  const started = (): PostgresConnection => {
    if (postgres) return postgres
    throw new Error('PostgreSQL has not been started')
  }
  const kafkaServes = {
    dns: ['localhost', ...kafkaNames(shopNamespace, kafkaCluster, network.clusterDomain)],
    ip: ['127.0.0.1', podsReach],
  }
  const certificate = () => kafkaCertificate(join(dir('kafka'), 'certificates'), kafkaServes, new Date())
  const starters = {
    async kafka(progress: StepProgress) {
      await startKafka(await cluster.host(), {
        dir: dir('kafka'),
        port: await port('kafka'),
        controllerPort: await port('kafka-controller'),
        pods: { host: podsReach, port: await port('kafka-pods') },
        // No user has a password yet: a user is made, as on any Kafka, by the client that needs
        // one.
        secured: { host: podsReach, port: await port('kafka-secured'), users: [], ...(await certificate()) },
        ...{ sizing: 'cluster', progress },
      })
    },
    async postgres(progress: StepProgress) {
      postgres = await startPostgres(await cluster.host(), {
        dir: dir('postgres'),
        port: await port('postgres'),
        ...{ alsoListenOn: [podsReach], sizing: 'cluster', database: pipelineName, progress },
      })
    },
    'postgres-replica': (progress: StepProgress) => startReplicaOf(started(), cluster, progress),
    async redis(progress: StepProgress) {
      const options = { dir: dir('redis'), port: await port('redis'), alsoListenOn: [podsReach], progress }
      await startRedis(await cluster.host(), options)
    },
  }
  return {
    start: (name, progress) => starters[name](progress),
    names: ['kafka', 'postgres', ...(replica ? (['postgres-replica'] as const) : []), 'redis'],
    async startTopicOperator() {
      const { kubeconfig } = await cluster.controlPlane()
      const bootstrapServers = `127.0.0.1:${await port('kafka')}`
      const scope = { cluster: kafkaCluster, namespace: shopNamespace } // in one namespace, as the real one is
      await (await cluster.host()).start(topicOperatorProcess({ kubeconfig, bootstrapServers, ...scope }))
    },
    async objects() {
      const { database, admin, services: login } = started()
      const services = await servicesOf(port, replica)
      const secrets = databaseSecretManifests({ namespace: shopNamespace, database, admin, services: login, replica })
      const authority = kafkaAuthorityManifest(shopNamespace, kafkaCluster, (await certificate()).ca)
      return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...services, ...secrets, authority] })
    },
  }
}

async function startReplicaOf(
  primary: PostgresConnection,
  { dir, host, ports }: NativeCluster,
  progress: StepProgress,
) {
  await startReplica(await host(), {
    dir: dir('postgres-replica'),
    port: await ports.port('postgres-replica'),
    ...{ alsoListenOn: [podsReach], sizing: 'cluster', primary, progress },
  })
}

async function servicesOf(port: (name: string) => Promise<number>, replica: boolean) {
  return backingServiceManifests({
    ...{ namespace: shopNamespace, kafkaCluster, address: podsReach },
    kafkaPort: await port('kafka-pods'),
    securedKafkaPort: await port('kafka-secured'),
    postgresPort: await port('postgres'),
    redisPort: await port('redis'),
    ...(replica ? { replicaPort: await port('postgres-replica') } : {}),
  })
}
