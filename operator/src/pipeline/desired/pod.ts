// How is a container of a pipeline run? With restricted pod security, probes on the metrics port,
// and time to drain.
import { specDefaults } from '../../api/index.ts'
import type {
  Placement,
  PodTemplate,
  TopologySpread,
  V1Container,
  V1EnvVar,
  V1PodSpec,
  V1Probe,
  V1ResourceRequirements,
  V1TopologySpreadConstraint,
} from '../../api/index.ts'
import { containerName } from '../children/names.ts'

export interface PodSettings {
  readonly serviceAccountName: string
  readonly selectorLabels: Readonly<Record<string, string>>
  readonly image: string
  readonly args?: readonly string[]
  readonly imagePullPolicy: string
  readonly env: readonly V1EnvVar[]
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly placement: Placement
  readonly wishes: PodTemplate
  /** Grace period after SIGTERM, everything included. */
  readonly drainSeconds: number
  readonly leaveServiceSeconds?: number
}

const nonRoot = 65532
const scratchSize = '256Mi'

export function pullSecrets(names: readonly string[] = []): { imagePullSecrets?: { name: string }[] } {
  return names.length > 0 ? { imagePullSecrets: names.map((name) => ({ name })) } : {}
}

export function podSpec(settings: PodSettings): V1PodSpec {
  const { placement } = settings
  return {
    serviceAccountName: settings.serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false, // every Service of the namespace as variables slows each start and can shadow the contract
    terminationGracePeriodSeconds: settings.drainSeconds,
    securityContext: {
      runAsNonRoot: true,
      ...(settings.wishes.securityContext ?? { runAsUser: nonRoot, runAsGroup: nonRoot, fsGroup: nonRoot }),
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...(placement.nodeSelector ? { nodeSelector: { ...placement.nodeSelector } } : {}),
    ...(placement.tolerations ? { tolerations: placement.tolerations.map((toleration) => ({ ...toleration })) } : {}),
    ...(placement.priorityClassName === undefined ? {} : { priorityClassName: placement.priorityClassName }),
    ...(placement.topologySpread ? { topologySpreadConstraints: spread(placement.topologySpread, settings) } : {}),
    ...pullSecrets(settings.wishes.imagePullSecrets),
    containers: [container(settings)],
    // The root file system is read-only: JVMs unpack native libraries here, and other programs need
    // a place for temporary files.
    volumes: [{ name: 'tmp', emptyDir: { sizeLimit: scratchSize } }],
  }
}

const usual = specDefaults.stages.topologySpread

function spread(constraints: readonly TopologySpread[], { selectorLabels }: PodSettings): V1TopologySpreadConstraint[] {
  return constraints.map(({ topologyKey, maxSkew = usual.maxSkew, whenUnsatisfiable = usual.whenUnsatisfiable }) => ({
    topologyKey,
    maxSkew,
    whenUnsatisfiable,
    labelSelector: { matchLabels: { ...selectorLabels } },
    matchLabelKeys: ['pod-template-hash'], // spreads each version separately
  }))
}

function container(settings: PodSettings): V1Container {
  return {
    name: containerName,
    image: settings.image,
    imagePullPolicy: settings.imagePullPolicy,
    ...(settings.args ? { args: [...settings.args] } : {}),
    env: [...settings.env],
    ports: settings.ports.map((port) => ({ ...port, protocol: 'TCP' })),
    ...(settings.placement.resources ? { resources: resources(settings.placement) } : {}),
    // Probed every second only until the first success, so a new replica joins its group at once
    // and costs little later.
    startupProbe: probe('/healthz', { periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 180 }),
    readinessProbe: probe('/readyz', { periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 3 }),
    livenessProbe: probe('/healthz', { periodSeconds: 20, timeoutSeconds: 10, failureThreshold: 6 }),
    ...(settings.leaveServiceSeconds === undefined
      ? {}
      : { lifecycle: { preStop: { sleep: { seconds: settings.leaveServiceSeconds } } } }),
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
  }
}

function probe(
  path: string,
  times: Required<Pick<V1Probe, 'periodSeconds' | 'timeoutSeconds' | 'failureThreshold'>>,
): V1Probe {
  return { httpGet: { path, port: 'metrics', scheme: 'HTTP' }, ...times }
}

/** Quantities are written as text, whatever the spec has. */
function resources({ resources: requirements = {} }: Placement): V1ResourceRequirements {
  return {
    ...(requirements.requests ? { requests: quantities(requirements.requests) } : {}),
    ...(requirements.limits ? { limits: quantities(requirements.limits) } : {}),
  }
}

function quantities(values: Readonly<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, quantity]) => [name, String(quantity)]))
}
