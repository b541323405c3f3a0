// Which step of `up` runs Prometheus next to the native cluster? Debian's own, with the alerts and
// the scrape targets of monitoring/, once a pipeline is Ready: none waits for it. A machine without
// the package runs the shop without.
import { join } from 'node:path'
import type { ProcessSpec } from '../../process/host.ts'
import type { Step } from '../../progress/steps.ts'
import { ensureDebianPackages } from '../../tools/debian-packages.ts'
import { ToolMissingError } from '../../tools/errors.ts'
import { readyStep } from '../product/steps.ts'
import type { NativeCluster } from './cluster.ts'

const program = join(import.meta.dirname, '..', '..', '..', '..', 'monitoring', 'src', 'main.ts')

export function prometheusStep(cluster: NativeCluster): Step {
  return {
    name: 'prometheus',
    title: 'Prometheus',
    after: [readyStep],
    typicalMs: 8_000,
    async run(progress) {
      try {
        await ensureDebianPackages(['prometheus'], progress)
      } catch (error) {
        if (!(error instanceof ToolMissingError)) throw error
        return progress.note(`not started: ${error.message}`)
      }
      const port = await cluster.ports.port('prometheus')
      await (await cluster.host()).start(prometheusProcess({ port, folder: cluster.dir('prometheus-data') }))
      progress.note(`http://127.0.0.1:${port}/alerts`)
    },
  }
}

function prometheusProcess({ port, folder }: { readonly port: number; readonly folder: string }): ProcessSpec {
  return {
    name: 'prometheus',
    command: process.execPath,
    args: [program, '--port', String(port), '--folder', folder],
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    ready: { kind: 'log', pattern: 'Prometheus reads the metrics' },
    readyTimeoutMs: 60_000,
    stopTimeoutMs: 15_000,
  }
}
