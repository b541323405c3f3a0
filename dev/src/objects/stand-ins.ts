// Which objects next to a pipeline in a cluster are needed here as well? The payment provider's
// Deployment, as the shop's chart has it, and the addresses behind the Services. Pure.
import type { Deployment, KubeObject } from '@orderpipeline/operator/api'
import type { LocalService } from '../decide/environment.ts'

export const providerName = 'payment-provider'
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
  const labels = { 'app.kubernetes.io/name': providerName }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: providerName, namespace, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 30,
          containers: [
            {
              name: providerName,
              image: servicesImageName,
              args: [`/app/${providerName}.mjs`],
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
            },
          ],
        },
      },
    },
  }
}

/** A Service and its endpoints, so that Kafka's address can be looked up. */
export function serviceObjects({ name, namespace, port, localPort }: LocalService): KubeObject[] {
  const portName = 'main'
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: { ports: [{ name: portName, port, protocol: 'TCP' }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-host`, namespace, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
      ports: [{ name: portName, port: localPort, protocol: 'TCP' }],
    } as KubeObject,
  ]
}
