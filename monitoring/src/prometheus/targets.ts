// Which pods does a Prometheus read? Those that the chart's PodMonitors select: the operator's, and
// those of pipelines. They are written to a file, since the Prometheus packages of Linux
// distributions have no Kubernetes service discovery.
import type { V1Pod } from '@kubernetes/client-node'

export const jobs = ['orderpipeline-operator', 'orderpipeline-pipelines'] as const
export type Job = (typeof jobs)[number]

/** As Prometheus reads it from a file. */
export interface TargetGroup {
  readonly targets: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

const labelOf = { pipeline: 'orderpipeline.dev/pipeline', stage: 'orderpipeline.dev/stage' } as const

function jobOf(labels: Readonly<Record<string, string>>): Job | undefined {
  if (labels['app.kubernetes.io/name'] === 'orderpipeline-operator') return 'orderpipeline-operator'
  const managed = labels['app.kubernetes.io/managed-by'] === 'orderpipeline'
  return managed && labels[labelOf.pipeline] !== undefined ? 'orderpipeline-pipelines' : undefined
}

/** `server`: URL of the API server, whose proxy leads to the pods. */
export function targetsOf(pods: readonly V1Pod[], server: string): Readonly<Record<Job, readonly TargetGroup[]>> {
  const groups: Record<Job, TargetGroup[]> = { 'orderpipeline-operator': [], 'orderpipeline-pipelines': [] }
  for (const { metadata, spec, status } of pods) {
    const { name, namespace, labels = {} } = metadata ?? {}
    const job = jobOf(labels)
    const ports = spec?.containers.flatMap((container) => container.ports ?? []) ?? []
    const port = ports.find((one) => one.name === 'metrics')?.containerPort
    if (!job || !name || !namespace || !port || status?.phase !== 'Running') continue
    const { [labelOf.pipeline]: pipeline, [labelOf.stage]: stage } = labels
    groups[job].push({
      targets: [new URL(server).host],
      labels: {
        __metrics_path__: `/api/v1/namespaces/${namespace}/pods/${name}:${port}/proxy/metrics`,
        ...{ namespace, pod: name, instance: name },
        ...(pipeline === undefined ? {} : { orderpipeline_dev_pipeline: pipeline }),
        ...(stage === undefined ? {} : { orderpipeline_dev_stage: stage }),
      },
    })
  }
  return groups
}
