// What does a part have besides its Deployments? A ServiceAccount, a NetworkPolicy and a disruption
// budget, and the gateway its Service.
import { specDefaults } from '../../api/index.ts'
import type { ChildObject, Gateway, OrderPipeline, PodTemplate, Service } from '../../api/index.ts'
import { gatewayName, ownedMeta, ports, selectorLabels, workloadName } from '../children/names.ts'
import type { Color } from '../children/names.ts'
import { pullSecrets } from './pod.ts'

export function companions(
  pipeline: OrderPipeline,
  stage: string,
  open: readonly number[],
  { serviceAccountAnnotations, imagePullSecrets = [] }: PodTemplate,
): ChildObject[] {
  const podSelector = { matchLabels: selectorLabels(pipeline.metadata.name, stage) }
  const metadata = ownedMeta(pipeline, workloadName(pipeline.metadata.name, stage), stage)
  return [
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { ...metadata, ...annotationsOf(serviceAccountAnnotations) },
      automountServiceAccountToken: false,
      ...pullSecrets(imagePullSecrets),
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec: {
        podSelector,
        policyTypes: ['Ingress'],
        // By number: some network plugins resolve port names wrongly, or not at all.
        ingress: [{ ports: open.map((port) => ({ port, protocol: 'TCP' })) }],
      },
    },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata,
      spec: { maxUnavailable: '25%', selector: podSelector },
    },
  ]
}

export function gatewayService(pipeline: OrderPipeline, { service = {} }: Gateway, active: Color): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: ownedMeta(pipeline, workloadName(pipeline.metadata.name, gatewayName), gatewayName),
    spec: {
      type: service.type ?? specDefaults.gateway.service.type,
      selector: selectorLabels(pipeline.metadata.name, gatewayName, active),
      ports: [
        {
          name: 'http',
          port: ports.http,
          protocol: 'TCP',
          targetPort: 'http',
          ...(service.nodePort === undefined ? {} : { nodePort: service.nodePort }),
        },
      ],
    },
  }
}

export function annotationsOf(annotations: PodTemplate['annotations'] = {}): { annotations?: Record<string, string> } {
  return Object.keys(annotations).length > 0 ? { annotations: { ...annotations } } : {}
}
