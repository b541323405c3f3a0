// Which Kubernetes objects does the operator use, and where does the API server keep them?
import type {
  V1DeploymentSpec,
  V1NetworkPolicySpec,
  V1PodDisruptionBudgetSpec,
  V1ServiceSpec,
} from '@kubernetes/client-node'

export type {
  V1Container,
  V1DeploymentSpec,
  V1EnvVar,
  V1PodSpec,
  V1Probe,
  V1ResourceRequirements,
  V1TopologySpreadConstraint,
} from '@kubernetes/client-node'

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
  readonly finalizers?: readonly string[]
}

/** Any object as it is sent: JSON, dates as text. */
export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly spec?: unknown
  readonly status?: unknown
}

/** The path of a kind: /api(s)/<apiVersion>/namespaces/<namespace>/<plural>. */
export interface Resource {
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
}

export const orderPipelines: Resource = {
  apiVersion: 'orderpipeline.dev/v1alpha1',
  kind: 'OrderPipeline',
  plural: 'orderpipelines',
}

/**
 * Every kind that a pipeline can own, in the order of creation: what a pod needs comes before the
 * pod.
 */
export const childResources = [
  { apiVersion: 'kafka.strimzi.io/v1', kind: 'KafkaTopic', plural: 'kafkatopics' },
  { apiVersion: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts' },
  { apiVersion: 'v1', kind: 'Service', plural: 'services' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', plural: 'networkpolicies' },
  { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', plural: 'poddisruptionbudgets' },
  { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' },
  { apiVersion: 'keda.sh/v1alpha1', kind: 'TriggerAuthentication', plural: 'triggerauthentications' },
  { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', plural: 'scaledobjects' },
  { apiVersion: 'monitoring.coreos.com/v1', kind: 'PrometheusRule', plural: 'prometheusrules' },
] as const satisfies readonly Resource[]

export type ChildKind = (typeof childResources)[number]['kind']

export function resourceOf(kind: ChildKind): Resource {
  const match = childResources.find((resource) => resource.kind === kind)
  if (!match) throw new Error(`no resource of kind ${kind}`)
  return match
}

interface Child<K extends ChildKind, S> extends KubeObject {
  readonly kind: K
  readonly spec: S
}

export interface ServiceAccount extends KubeObject {
  readonly kind: 'ServiceAccount'
  readonly automountServiceAccountToken: boolean
  readonly imagePullSecrets?: readonly { readonly name: string }[]
}
export type Deployment = Child<'Deployment', V1DeploymentSpec>
export type Service = Child<'Service', V1ServiceSpec>
export type PodDisruptionBudget = Child<'PodDisruptionBudget', V1PodDisruptionBudgetSpec>
export type NetworkPolicy = Child<'NetworkPolicy', V1NetworkPolicySpec>
export type KafkaTopic = Child<'KafkaTopic', KafkaTopicSpec>
export type ScaledObject = Child<'ScaledObject', ScaledObjectSpec>
export type PrometheusRule = Child<'PrometheusRule', PrometheusRuleSpec>
export type TriggerAuthentication = Child<'TriggerAuthentication', TriggerAuthenticationSpec>
export type ChildObject =
  | ServiceAccount
  | Deployment
  | Service
  | NetworkPolicy
  | PodDisruptionBudget
  | KafkaTopic
  | TriggerAuthentication
  | ScaledObject
  | PrometheusRule

export interface PrometheusRuleSpec {
  readonly groups: readonly {
    readonly name: string
    readonly rules: readonly {
      readonly record?: string
      readonly alert?: string
      readonly expr: string
      readonly for?: string
      readonly labels?: Readonly<Record<string, string>>
      readonly annotations?: Readonly<Record<string, string>>
    }[]
  }[]
}

export interface KafkaTopicSpec {
  readonly partitions?: number
  readonly replicas?: number
  readonly config?: Readonly<Record<string, string | number>>
}

/** Where KEDA finds the secret values of a trigger. */
export interface TriggerAuthenticationSpec {
  readonly secretTargetRef: readonly { readonly parameter: string; readonly name: string; readonly key: string }[]
  /** From the environment of the container that is scaled. */
  readonly env?: readonly { readonly parameter: string; readonly name: string; readonly containerName: string }[]
}

export interface ScaledObjectSpec {
  readonly scaleTargetRef: { readonly apiVersion: string; readonly kind: string; readonly name: string }
  readonly pollingInterval?: number
  readonly cooldownPeriod?: number
  readonly minReplicaCount: number
  readonly maxReplicaCount: number
  readonly fallback?: { readonly failureThreshold: number; readonly replicas: number; readonly behavior: string }
  readonly advanced: {
    readonly horizontalPodAutoscalerConfig: {
      readonly behavior: Readonly<Record<'scaleUp' | 'scaleDown', ScalingRules>>
    }
    /**
     * One figure, computed from those of the named triggers and used in their place. Those of cpu
     * and memory stay separate.
     */
    readonly scalingModifiers?: { readonly formula: string; readonly target: string }
  }
  readonly triggers: readonly Trigger[]
}

export interface ScalingRules {
  readonly stabilizationWindowSeconds: number
  readonly selectPolicy: 'Max'
  readonly policies: readonly {
    readonly type: 'Pods' | 'Percent'
    readonly value: number
    readonly periodSeconds: number
  }[]
}

/** KEDA takes every metadata value as text. */
export interface Trigger {
  readonly type: 'kafka' | 'metrics-api' | 'cpu' | 'memory' | 'prometheus' | 'cron'
  /** The name of its figure in a formula of scalingModifiers. */
  readonly name?: string
  readonly metricType?: 'Utilization'
  readonly metadata: Readonly<Record<string, string>>
  readonly authenticationRef?: { readonly name: string }
}

/** What the operator reads of the status of objects that other controllers own. */
export interface DeploymentStatus {
  readonly observedGeneration?: number
  readonly replicas?: number
  readonly readyReplicas?: number
  readonly updatedReplicas?: number
  readonly availableReplicas?: number
  readonly conditions?: ConditionsStatus['conditions']
}

export interface ConditionsStatus {
  readonly observedGeneration?: number
  readonly conditions?: readonly {
    readonly type: string
    readonly status: string
    readonly reason?: string
    readonly message?: string
  }[]
}
