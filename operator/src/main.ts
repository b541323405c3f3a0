// The operator's process: reads its environment, runs until a signal stops it or the lease is lost,
// and logs how it ended.
import { hostname } from 'node:os'
import { KubeConfig } from '@kubernetes/client-node'
import { runConfigured } from '@orderpipeline/config'
import { type Config, configFrom } from './config.ts'
import { startOperator } from './operator.ts'
import { systemClock } from './runtime/clock.ts'
import { logger } from './runtime/log.ts'

await runConfigured(() => run(configFrom(process.env, `${hostname()}-${process.pid}`)))

async function run(config: Config): Promise<void> {
  const log = logger(config.logLevel)
  const kubeConfig = new KubeConfig()
  kubeConfig.loadFromDefault()

  const operator = await startOperator({ config, kubeConfig, log, clock: systemClock })
  log.info({ port: operator.port, watching: config.watchNamespace ?? 'every namespace' }, 'started')

  let stopping = false
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return
    stopping = true
    log.info({ signal }, 'stopping')
    void operator.stop()
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)

  const how = await operator.ended
  log.info({ how }, 'stopped')
  process.exit(how === 'lost' ? 1 : 0)
}
