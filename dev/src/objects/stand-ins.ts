// Which objects next to a pipeline in a cluster are needed here as well? The Deployments of the
// payment provider, the carrier and the development services, as the charts have them, and the
// addresses behind the Services. Pure.
import type { Deployment, KubeObject, V1Container } from '@orderpipeline/operator/api'
import type { LocalService } from '../decide/environment.ts'
import { devServicesName } from '../decide/shop-profile.ts'

export const providerName = 'payment-provider'
export const carrierName = 'simulated-carrier'
export const servicesImageName = 'orderpipeline/services:dev'

export function secretObject(namespace: string, name: string, data: Readonly<Record<string, string>>) {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    type: 'Opaque',
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
  } as KubeObject
}

export function providerDeployment(
  namespace: string,
  database: { readonly secretName: string; readonly key: string },
): Deployment {
  return deployment(namespace, providerName, {
    env: [
      { name: 'DATABASE_URL', valueFrom: { secretKeyRef: { name: database.secretName, key: database.key } } },
      { name: 'DATABASE_POOL_SIZE', value: '4' },
      { name: 'HTTP_PORT', value: '8080' },
      { name: 'METRICS_PORT', value: '9090' },
      { name: 'PROVIDER_LATENCY_MS', value: '50' },
      { name: 'PROVIDER_JITTER_MS', value: '10' },
    ],
    ports: [
      { name: 'http', containerPort: 8080 },
      { name: 'metrics', containerPort: 9090 },
    ],
  })
}

/**
 * A parcel is delivered after 20 s, and none comes back, so that trying it out takes no patience.
 */
export function carrierDeployment(namespace: string): Deployment {
  return deployment(namespace, carrierName, {
    env: [
      { name: 'HTTP_PORT', value: '8080' },
      { name: 'CARRIER_DELIVERY_SECONDS', value: '20' },
      { name: 'CARRIER_FAILURE_RATE', value: '0' },
    ],
    ports: [{ name: 'http', containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/healthz', port: 'http' } },
  })
}

export interface DevServicesOptions {
  /** The file with the issuer's key. */
  readonly keyFile: string
  /** The gateway's Service, as `<name>:<port>`. */
  readonly gateway: string
}

export function devServicesDeployment(namespace: string, { keyFile, gateway }: DevServicesOptions): Deployment {
  return deployment(namespace, devServicesName, {
    env: [
      { name: 'HTTP_PORT', value: '8080' },
      { name: 'SMTP_PORT', value: '1025' },
      { name: 'METRICS_PORT', value: '9090' },
      { name: 'ISSUER_URL', value: `http://${devServicesName}:8080` },
      { name: 'ISSUER_KEY_FILE', value: keyFile },
      { name: 'GATEWAY_URL', value: `http://${gateway}` },
    ],
    ports: [
      { name: 'http', containerPort: 8080 },
      { name: 'smtp', containerPort: 1025 },
      { name: 'metrics', containerPort: 9090 },
    ],
  })
}

/** One replica of a program of the services' image. */
function deployment(
  namespace: string,
  name: string,
  container: Pick<V1Container, 'env' | 'ports' | 'readinessProbe'>,
): Deployment {
  const labels = { 'app.kubernetes.io/name': name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 30,
          containers: [{ name, image: servicesImageName, args: [`/app/${name}.mjs`], ...container }],
        },
      },
    },
  }
}

/** A Service and its endpoints, so that Kafka's address can be looked up. All are of one name. */
export function serviceObjects(services: readonly [LocalService, ...LocalService[]]): KubeObject[] {
  const [{ name, namespace }] = services
  const portName = (index: number): string => (index === 0 ? 'main' : `more-${index}`)
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: { ports: services.map(({ port }, index) => ({ name: portName(index), port, protocol: 'TCP' })) },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-host`, namespace, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
      ports: services.map(({ localPort }, index) => ({ name: portName(index), port: localPort, protocol: 'TCP' })),
    } as KubeObject,
  ]
}
