// The console's process in a cluster: reads its environment and serves until a signal ends it.
import { podCluster, podServer } from '@orderpipeline/client'
import { runConfigured } from '@orderpipeline/config'
import { createLogger, drainOnSignals } from '@orderpipeline/process'
import { consoleConfig } from './cluster/config.ts'
import type { ClusterConfig } from './cluster/config.ts'
import { startClusterConsole } from './cluster/start.ts'
import { pageFiles } from './page-files.ts'

const graceMs = 20_000

await runConfigured(() => run(consoleConfig(process.env)))

async function run(config: ClusterConfig): Promise<void> {
  const log = createLogger({ service: 'console', level: config.LOG_LEVEL })
  const address = podServer(config.KUBERNETES_SERVICE_HOST, config.KUBERNETES_SERVICE_PORT)
  const pod = { server: address, folder: config.SERVICE_ACCOUNT_FOLDER }
  const cluster = podCluster(pod, 'orderpipeline-console')
  const server = await startClusterConsole({ config, cluster, log, files: await pageFiles() })
  drainOnSignals([{ name: 'server', close: () => server.close() }], { graceMs, logger: log })
  log.info({ port: server.port, namespaces: config.NAMESPACES, allowWrites: config.ALLOW_WRITES }, 'started')
}
