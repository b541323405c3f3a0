// Under which names do pods find what runs beside the cluster? A Service without selector and an EndpointSlice for each of Kafka,
// PostgreSQL and Redis, named as Strimzi and a chart would, and the secrets with the database's URLs.
import type { Login } from './postgres.ts'

export interface HostService {
  readonly name: string
  /** The port of the Service. */
  readonly port: number
  /** Where the process listens: an address that pods reach, and its port there. */
  readonly address: string
  readonly targetPort: number
}

/** A Kubernetes object as it is applied. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: Record<string, string> }
  readonly [field: string]: unknown
}

const labels = { 'app.kubernetes.io/managed-by': 'orderpipeline-cluster' }

export function hostServiceManifests(namespace: string, service: HostService): Manifest[] {
  const { name, port, address, targetPort } = service
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace, labels },
      spec: { ports: [{ name: 'main', port, targetPort, protocol: 'TCP' }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-host`, namespace, labels: { ...labels, 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: 'main', port: targetPort, protocol: 'TCP' }],
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
    },
  ]
}

export interface BackingAddresses {
  readonly namespace: string
  /** The name of the Strimzi cluster that Kafka stands in for: its bootstrap Service is `<name>-kafka-bootstrap`. */
  readonly kafkaCluster: string
  /** The address all three listen on for pods, such as 10.244.0.1. */
  readonly address: string
  readonly kafkaPort: number
  readonly postgresPort: number
  readonly redisPort: number
}

/** `<kafkaCluster>-kafka-bootstrap:9092`, `postgres:5432` and `redis:6379` in the namespace. */
export function backingServiceManifests(addresses: BackingAddresses): Manifest[] {
  const { namespace, kafkaCluster, address, kafkaPort, postgresPort, redisPort } = addresses
  const services = [
    { name: `${kafkaCluster}-kafka-bootstrap`, port: 9092, address, targetPort: kafkaPort },
    { name: 'postgres', port: 5432, address, targetPort: postgresPort },
    { name: 'redis', port: 6379, address, targetPort: redisPort },
  ]
  return services.flatMap((service) => hostServiceManifests(namespace, service))
}

export interface DatabaseLogins {
  readonly namespace: string
  readonly database: string
  readonly admin: Login
  /** The services' login role; the migration creates it. */
  readonly services: Login
}

/**
 * `shop-postgres` with the services' `url`, and apart from it `shop-postgres-admin` with the administrator's `url`: only the migration
 * mounts the latter. Both name the Service `postgres`.
 */
export function databaseSecretManifests(logins: DatabaseLogins): Manifest[] {
  const { namespace, database, admin, services } = logins
  const url = ({ user, password }: Login) =>
    `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@postgres:5432/${encodeURIComponent(database)}`
  const secret = (name: string, stringData: Record<string, string>): Manifest => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, labels },
    type: 'Opaque',
    stringData,
  })
  return [secret('shop-postgres', { url: url(services) }), secret('shop-postgres-admin', { url: url(admin) })]
}
