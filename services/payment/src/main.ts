// The payment stage's process.
import { runStageProcess } from '@orderpipeline/stage'
import { createConnection } from './connection.ts'
import { paymentConfig, publishesAdjustments } from './config.ts'
import { paymentStage } from './definition.ts'
import { disputesTask } from './disputes/watch-disputes.ts'
import { guarded } from './guard/guard.ts'
import { withProviderMetrics, watchBreaker } from './provider/metrics.ts'
import { pendingTask } from './pending.ts'
import { ProviderError } from './provider/provider.ts'
import { reconcileTask } from './reconcile/reconcile.ts'
import { traced } from './provider/trace.ts'

await runStageProcess({ env: process.env, now: () => new Date() }, (context) => {
  const options = paymentConfig(process.env)
  const { guard, keyHours, reconcileAfterSeconds: afterSeconds } = options
  const publishes = publishesAdjustments(context)
  const { logger, now, registry, tracing } = context
  logger.info(
    { provider: options.kind, timeoutMs: options.timeoutMs },
    'a provider that takes longer than the time-out needs PAYMENT_EXPECTED_MS',
  )
  const connection = createConnection(options, { logger, registry, now })
  const provider = guarded(withProviderMetrics(traced(connection.provider, tracing), registry), {
    ...guard,
    onOpen: (error) => {
      const level = error instanceof ProviderError && error.reason === 'Misconfigured' ? 'error' : 'warn'
      logger[level]({ error, openMs: guard.breaker.openMs }, 'the provider fails too often; the breaker is open')
    },
    onClose: () => logger.info('the provider answers again; the breaker is closed'),
  })
  watchBreaker(registry, () => provider.open)
  const { list, disputes, onDatabase } = connection
  const parts = { provider, now, registry, logger }
  const tasks = [
    ...connection.periodicTasks,
    ...(options.kind === 'stripe' ? [pendingTask(parts)] : []),
    disputesTask({ ...parts, source: disputes, publishes }),
    ...(afterSeconds === 0 ? [] : [reconcileTask({ ...parts, list, disputes, afterSeconds })]),
  ]
  return {
    ...paymentStage(provider, {
      ...context,
      keyHours,
      onDatabase,
      periodicTasks: tasks,
    }),
    hold: () => provider.open,
  }
})
