// How does a Prometheus read a cluster from outside? Its targets come from a file (targets.ts), and
// it reaches them through the API server's proxy. Inside a cluster the chart's PodMonitors select
// the same pods, with the same labels.
import { stringify } from 'yaml'
import type { Job } from './targets.ts'

const operatorJob: Job = 'orderpipeline-operator'

export interface ScrapeAccess {
  /** URL of the API server. */
  readonly server: string
  readonly caFile: string
  readonly certificateFile: string
  readonly keyFile: string
}

export interface PrometheusOptions {
  readonly access: Omit<ScrapeAccess, 'server'>
  readonly rulesFiles: readonly string[]
  /** By job. */
  readonly targetFiles: Readonly<Record<string, string>>
  /** The interval of scrapes, and of rule evaluations. */
  readonly intervalSeconds: number
}

/** The text of a configuration file of Prometheus 2.42 or newer. */
export function prometheusConfig({ access, rulesFiles, targetFiles, intervalSeconds }: PrometheusOptions): string {
  const every = `${intervalSeconds}s`
  return stringify(
    {
      global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: every },
      rule_files: rulesFiles,
      scrape_configs: Object.entries(targetFiles).map(([name, file]) => ({
        job_name: name,
        // The operator's metrics say of which namespace's pipeline they are.
        honor_labels: name === operatorJob,
        scheme: 'https',
        tls_config: { ca_file: access.caFile, cert_file: access.certificateFile, key_file: access.keyFile },
        file_sd_configs: [{ files: [file], refresh_interval: '30s' }],
      })),
    },
    { aliasDuplicateObjects: false, lineWidth: 0 },
  )
}
