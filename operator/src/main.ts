// The operator's process: reads its environment, and runs until a signal stops it or the lease is
// lost.
import { hostname } from 'node:os'
import { KubeConfig } from '@kubernetes/client-node'
import { runConfigured } from '@orderpipeline/config'
import { drainOnSignals } from '@orderpipeline/process'
import { operatorConfig } from './config.ts'
import type { OperatorConfig } from './config.ts'
import { startOperator } from './operator.ts'
import { systemClock } from './runtime/clock.ts'
import { logger } from './runtime/log.ts'

/** Less than the 30 s after which Kubernetes ends the pod. */
const graceMs = 25_000

await runConfigured(() => run(operatorConfig(process.env, `${hostname()}-${process.pid}`)))

async function run(config: OperatorConfig): Promise<void> {
  const log = logger({ level: config.logLevel })
  const kubeConfig = new KubeConfig()
  kubeConfig.loadFromDefault()

  const operator = await startOperator({ config, kubeConfig, log, clock: systemClock })
  log.info({ port: operator.port, watching: config.watchNamespace ?? 'every namespace' }, 'started')

  const drain = drainOnSignals([{ name: 'operator', close: () => operator.stop() }], { graceMs, logger: log })
  if ((await operator.ended) === 'lost') await drain.start('another operator has the lease', 1)
}
