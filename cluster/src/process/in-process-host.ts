// Where do a test's processes run? As children of the calling process; the kernel ends them with
// it, however it ends.
import type { ProcessHost } from './host.ts'
import { ProcessTable } from './process-table.ts'

/** `dir` gets a log file and a pid file per process. */
export function inProcessHost(dir: string, env: NodeJS.ProcessEnv = process.env): ProcessHost {
  const table = new ProcessTable({ dir, env, diesWithParent: true })
  const killAll = () => table.killAll()
  process.once('exit', killAll)
  return {
    start: (spec) => table.start(spec),
    stop: (name, options) => table.stop(name, options),
    list: () => table.list(),
    async close() {
      await table.close()
      process.removeListener('exit', killAll)
    },
  }
}
