// Which Services and Secrets are there before the pipeline is? Those of Kafka, PostgreSQL, the
// payment provider, the carrier and the gateway, and the Secrets of the file. Pure.
import type { PostgresConnection } from '@orderpipeline/cluster/supervised'
import type { KubeObject, OrderPipeline } from '@orderpipeline/operator/api'
import { gatewayName, workloadName } from '@orderpipeline/operator/pipeline'
import { names } from '../decide/environment.ts'
import type { LocalService } from '../decide/environment.ts'
import { devServicesName, redisName, replicaSuffix } from '../decide/shop-profile.ts'
import { carrierName, providerName, secretObject, serviceObjects } from './stand-ins.ts'

export interface LocalPorts {
  readonly kafka: number
  readonly database: number
  readonly provider: number
  readonly carrier: number
  readonly gateway: number | undefined
  /** In the profile `shop` only. */
  readonly devServices?: { readonly http: number; readonly smtp: number } | undefined
  readonly redis?: number | undefined
}

export function localServices({ metadata, spec }: OrderPipeline, ports: LocalPorts): LocalService[] {
  const namespace = metadata.namespace ?? 'default'
  const cluster = 'strimziCluster' in spec.kafka ? spec.kafka.strimziCluster : ''
  const services: LocalService[] = [
    { name: `${cluster}-kafka-bootstrap`, namespace, port: 9092, localPort: ports.kafka },
    { name: 'postgres', namespace, port: 5432, localPort: ports.database },
    { name: providerName, namespace, port: 8080, localPort: ports.provider },
    { name: carrierName, namespace, port: 8080, localPort: ports.carrier },
    ...(ports.devServices
      ? [
          { name: devServicesName, namespace, port: 8080, localPort: ports.devServices.http },
          { name: devServicesName, namespace, port: 1025, localPort: ports.devServices.smtp },
        ]
      : []),
    ...(ports.redis === undefined ? [] : [{ name: redisName, namespace, port: 6379, localPort: ports.redis }]),
  ]
  if (ports.gateway === undefined) return services
  const gateway = workloadName(metadata.name, gatewayName)
  return [...services, { name: gateway, namespace, port: 8080, localPort: ports.gateway }]
}

interface Login {
  readonly user: string
  readonly password: string
}

/** The gateway's Service is left out: the operator's loop creates it. */
export function initialObjects(
  { metadata, spec }: OrderPipeline,
  database: PostgresConnection,
  secrets: readonly { readonly name: string; readonly data: Readonly<Record<string, string>> }[],
  services: readonly LocalService[],
  replicaPort?: number,
): KubeObject[] {
  const namespace = metadata.namespace ?? 'default'
  const { secretName, key } = spec.database ?? { secretName: 'shop-postgres', key: 'url' }
  const url = ({ user, password }: Login, port = database.port): string =>
    `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database.database}`
  const others = services.filter(({ name }) => name !== workloadName(metadata.name, gatewayName))
  return [
    secretObject(namespace, secretName, { [key]: url(database.services) }),
    secretObject(namespace, `${secretName}-admin`, { [key]: url(database.admin) }),
    ...(replicaPort === undefined
      ? []
      : [secretObject(namespace, `${secretName}${replicaSuffix}`, { [key]: url(database.services, replicaPort) })]),
    ...secrets.map(({ name, data }) => secretObject(namespace, name, data)),
    ...[...Map.groupBy(others, ({ name }) => name).values()].flatMap((sameName) =>
      serviceObjects(sameName as [LocalService, ...LocalService[]]),
    ),
  ]
}

/** Whether a variable of a stage names this Service. */
export function isNamed(service: string, { spec }: OrderPipeline, services: readonly LocalService[]): boolean {
  const own = services.find(({ name }) => name === service)
  if (!own) return false
  return spec.stages.some(({ env = [] }) => names({ env: env.map(({ name, value = '' }) => ({ name, value })) }, own))
}
