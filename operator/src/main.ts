// The operator's process: reads its environment, runs until told to stop or the lease is lost, and
// says how it ended.
import { hostname } from 'node:os'
import { KubeConfig } from '@kubernetes/client-node'
import { configFrom } from './config.ts'
import { startOperator } from './operator.ts'
import { systemClock } from './runtime/clock.ts'
import { logger } from './runtime/log.ts'

const config = configFrom(process.env, `${hostname()}-${process.pid}`)
const log = logger(config.logLevel)
const kubeConfig = new KubeConfig()
kubeConfig.loadFromDefault()

const operator = await startOperator({ config, kubeConfig, log, clock: systemClock })
log.info({ port: operator.port, watching: config.watchNamespace ?? 'every namespace' }, 'started')

let asked = false
const stop = (signal: NodeJS.Signals): void => {
  if (asked) return
  asked = true
  log.info({ signal }, 'stopping')
  void operator.stop()
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)

const how = await operator.ended
log.info({ how }, 'stopped')
process.exit(how === 'lost' ? 1 : 0)
