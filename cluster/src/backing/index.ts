// What stands behind the cluster without being in it? Kafka, PostgreSQL and Redis as host
// processes, and what makes them known inside.
export { startKafka, type KafkaConnection, type KafkaOptions } from './kafka.ts'
export { kafkaCertificate, type KafkaCertificate } from './kafka-certificate.ts'
export { type Sizing } from './kafka-properties.ts'
export { startPostgres, type Login, type PostgresConnection, type PostgresOptions } from './postgres.ts'
export { startPgbouncer, type PgbouncerOptions } from './pgbouncer.ts'
export { prometheusArguments, startPrometheus, type PrometheusOptions } from './prometheus.ts'
export { startReplica, type ReplicaOptions } from './postgres-replica.ts'
export { installedRedis, startRedis, type RedisConnection, type RedisOptions } from './redis.ts'
export { strimziCrds, strimziVersion } from './strimzi-crds.ts'
export {
  backingServiceManifests,
  databaseSecretManifests,
  hostServiceManifests,
  kafkaAuthorityManifest,
  kafkaNames,
  replicaSecret,
  type BackingAddresses,
  type DatabaseLogins,
  type HostService,
  type Manifest,
} from './kube-services.ts'
