// Under which names do pods find what runs next to the cluster? A Service without selector and an
// EndpointSlice for each of Kafka, PostgreSQL and Redis, named as Strimzi and a chart would name
// them, and the Secrets with the database's URLs.
import type { Login } from './postgres.ts'

export interface HostService {
  readonly name: string
  /** Where the process listens: an address that pods reach. */
  readonly address: string
  readonly ports: readonly HostPort[]
}

export interface HostPort {
  readonly name: string
  /** The port of the Service. */
  readonly port: number
  /** The port of the process itself. */
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
  const { name, address, ports } = service
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace, labels },
      spec: { ports: ports.map((port) => ({ ...port, protocol: 'TCP' })) },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-host`, namespace, labels: { ...labels, 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: ports.map(({ name: port, targetPort }) => ({ name: port, port: targetPort, protocol: 'TCP' })),
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
    },
  ]
}

export interface BackingAddresses {
  readonly namespace: string
  /**
   * The name of the Strimzi cluster that Kafka stands in for: its bootstrap Service is
   * `<name>-kafka-bootstrap`.
   */
  readonly kafkaCluster: string
  /** The address all three listen on for pods, such as 10.244.0.1. */
  readonly address: string
  readonly kafkaPort: number
  /** By TLS and with a password. */
  readonly securedKafkaPort: number
  readonly postgresPort: number
  readonly redisPort: number
  /** Absent where there is no read replica. */
  readonly replicaPort?: number
}

/**
 * `<kafkaCluster>-kafka-bootstrap:9092`, by TLS at 9093, `postgres:5432`, `redis:6379` and
 * `postgres-replica:5432` in the namespace.
 */
export function backingServiceManifests(addresses: BackingAddresses): Manifest[] {
  const { namespace, kafkaCluster, address, kafkaPort, securedKafkaPort, postgresPort, redisPort, replicaPort } =
    addresses
  const main = (port: number, targetPort: number) => ({ name: 'main', port, targetPort })
  const tls = { name: 'tls', port: 9093, targetPort: securedKafkaPort }
  const services = [
    { name: bootstrapService(kafkaCluster), address, ports: [main(9092, kafkaPort), tls] },
    { name: 'postgres', address, ports: [main(5432, postgresPort)] },
    { name: 'redis', address, ports: [main(6379, redisPort)] },
    ...(replicaPort === undefined ? [] : [{ name: replicaService, address, ports: [main(5432, replicaPort)] }]),
  ]
  return services.flatMap((service) => hostServiceManifests(namespace, service))
}

/** The Service of the read replica, and the Secret with its URL for the gateway. */
const replicaService = 'postgres-replica'
export const replicaSecret = 'shop-postgres-replica'

function bootstrapService(kafkaCluster: string) {
  return `${kafkaCluster}-kafka-bootstrap`
}

/**
 * Every name under which clients of any namespace know Kafka: those that Strimzi puts into a
 * broker's certificate.
 */
export function kafkaNames(namespace: string, kafkaCluster: string, clusterDomain: string): string[] {
  const name = bootstrapService(kafkaCluster)
  return [name, `${name}.${namespace}`, `${name}.${namespace}.svc`, `${name}.${namespace}.svc.${clusterDomain}`]
}

/** The authority that clients trust, in the Secret in which Strimzi publishes it. */
export function kafkaAuthorityManifest(namespace: string, kafkaCluster: string, ca: string): Manifest {
  return secret(namespace, `${kafkaCluster}-cluster-ca-cert`, { 'ca.crt': ca })
}

export interface DatabaseLogins {
  readonly namespace: string
  readonly database: string
  readonly admin: Login
  /** The services' login role; the migration creates it. */
  readonly services: Login
  readonly replica?: boolean
}

/**
 * `shop-postgres` with the services' `url`, and a separate `shop-postgres-admin` with the
 * administrator's `url`: only the migration mounts the latter. Both name the Service `postgres`.
 * `shop-postgres-replica`, where there is a replica, has the services' `url` of it.
 */
export function databaseSecretManifests(logins: DatabaseLogins): Manifest[] {
  const { namespace, database, admin, services, replica = false } = logins
  const url = ({ user, password }: Login, host = 'postgres') =>
    `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:5432/${encodeURIComponent(database)}`
  return [
    secret(namespace, 'shop-postgres', { url: url(services) }),
    secret(namespace, 'shop-postgres-admin', { url: url(admin) }),
    ...(replica ? [secret(namespace, replicaSecret, { url: url(services, replicaService) })] : []),
  ]
}

function secret(namespace: string, name: string, stringData: Record<string, string>): Manifest {
  return {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace, labels } },
    ...{ type: 'Opaque', stringData },
  }
}
