// How is Prometheus run on this machine? Debian's own, on loopback, with exemplars.
import { promises as fs } from 'node:fs'
import { join } from 'node:path'
import type { ProcessHost } from '../process/host.ts'
import { ensureDebianPackages } from '../tools/debian-packages.ts'

export interface PrometheusOptions {
  /** For its configuration and data. */
  readonly dir: string
  readonly port: number
  /** The text of its configuration file. */
  readonly config: string
}

/** How long and how much is stored; a shop's local cluster writes about 2 MB an hour. */
const retention = { time: '24h', size: '512MB' }

/** Installs the program where it is missing. Resolves with its URL, when it answers. */
export async function startPrometheus(host: ProcessHost, options: PrometheusOptions): Promise<string> {
  const { dir, port, config } = options
  await fs.mkdir(dir, { recursive: true })
  const file = join(dir, 'prometheus.yaml')
  await fs.writeFile(file, config)
  await ensureDebianPackages(['prometheus'])
  const url = `http://127.0.0.1:${port}`
  await host.start({
    name: 'prometheus',
    command: 'prometheus',
    args: prometheusArguments({ file, port, data: join(dir, 'data') }),
    ready: { kind: 'tcp', host: '127.0.0.1', port },
    readyTimeoutMs: 30_000,
    stopTimeoutMs: 10_000,
  })
  return url
}

export interface PrometheusPaths {
  readonly file: string
  readonly data: string
  readonly port: number
}

export function prometheusArguments({ file, data, port }: PrometheusPaths): string[] {
  return [
    ...[`--config.file=${file}`, `--web.listen-address=127.0.0.1:${port}`],
    ...[`--storage.tsdb.path=${data}`, '--log.level=warn'],
    ...[`--storage.tsdb.retention.time=${retention.time}`, `--storage.tsdb.retention.size=${retention.size}`],
    // Buckets lead to traces: docs/guides/telemetry.md.
    '--enable-feature=exemplar-storage',
  ]
}
