// How does Prometheus run on kind? By the chart of its community, without the parts that nothing
// here needs, with the rules of the operator's chart, and the targets that its PodMonitors select.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { run } from '../../process/run.ts'
import type { Step } from '../../progress/steps.ts'
import { toolPath } from '../../tools/index.ts'
import { hashOf } from '../hash.ts'
import { exist } from '../kubectl.ts'
import type { Kubectl } from '../kubectl.ts'
import { chartFolder } from '../product/helm.ts'
import { readyStep, shopNamespace } from '../product/steps.ts'

const chart = {
  name: 'prometheus',
  repository: 'https://prometheus-community.github.io/helm-charts',
  version: '27.19.0',
} as const
const interval = '15s'

export function prometheusStep(kubectl: Kubectl, kubeconfig: string, workDir: string): Step {
  const values = async (): Promise<string> => stringify(prometheusValues(await alertRules()), { lineWidth: 0 })
  return {
    name: 'prometheus',
    title: 'Prometheus',
    after: [readyStep],
    typicalMs: 40_000,
    unless: {
      inputs: async () => `${chart.version} ${hashOf(await values())}`,
      holds: () => exist(kubectl, shopNamespace, 'deployment/prometheus-server'),
    },
    async run(progress) {
      const file = join(workDir, 'prometheus.yaml')
      await mkdir(workDir, { recursive: true })
      await writeFile(file, await values())
      progress.note('helm upgrade --install prometheus')
      const source = [chart.name, '--repo', chart.repository, '--version', chart.version]
      const target = ['--kubeconfig', kubeconfig, '--namespace', shopNamespace, '--values', file]
      const flags = ['--wait', '--timeout', '5m']
      await run(toolPath('helm'), ['upgrade', '--install', chart.name, ...source, ...target, ...flags], {
        timeoutMs: 330_000,
      })
    },
  }
}

async function alertRules(): Promise<unknown> {
  return parse(await readFile(join(chartFolder('orderpipeline-operator'), 'files', 'alerts.yaml'), 'utf8'))
}

/** `rules`: a rule file of Prometheus. Pure. */
export function prometheusValues(rules: unknown) {
  return {
    alertmanager: { enabled: false },
    'kube-state-metrics': { enabled: false },
    'prometheus-node-exporter': { enabled: false },
    'prometheus-pushgateway': { enabled: false },
    configmapReload: { prometheus: { enabled: false } },
    server: {
      persistentVolume: { enabled: false },
      extraFlags: ['web.enable-lifecycle', 'enable-feature=exemplar-storage'],
      retention: '24h',
      global: { scrape_interval: interval, scrape_timeout: '10s', evaluation_interval: interval },
      resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } },
    },
    serverFiles: { 'alerting_rules.yml': rules, 'prometheus.yml': { scrape_configs: scrapeConfigs } },
  }
}

const podLabel = '__meta_kubernetes_pod_label_'
const metricsPort = keep('__meta_kubernetes_pod_container_port_name', 'metrics')
const common = [
  metricsPort,
  { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
  { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
  { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'instance' },
]

/** The jobs, labels and selections of the chart's PodMonitors. */
const scrapeConfigs = [
  {
    job_name: 'orderpipeline-operator',
    // The operator's metrics say of which namespace's pipeline they are.
    honor_labels: true,
    kubernetes_sd_configs: [{ role: 'pod' }],
    relabel_configs: [keep(`${podLabel}app_kubernetes_io_name`, 'orderpipeline-operator'), ...common],
  },
  {
    job_name: 'orderpipeline-pipelines',
    kubernetes_sd_configs: [{ role: 'pod' }],
    relabel_configs: [
      keep(`${podLabel}app_kubernetes_io_managed_by`, 'orderpipeline'),
      keep(`${podLabel}orderpipeline_dev_pipeline`, '.+'),
      ...common,
      ...['orderpipeline_dev_pipeline', 'orderpipeline_dev_stage'].map((name) => ({
        source_labels: [`${podLabel}${name}`],
        target_label: name,
      })),
    ],
  },
]

function keep(label: string, regex: string) {
  return { source_labels: [label], regex, action: 'keep' }
}
