// The payment stage's process.
import { runStageProcess } from '@orderpipeline/kit-stage'
import { providerOptions } from './config.ts'
import { paymentStage } from './definition.ts'
import { guarded } from './guard.ts'
import { measured, watchBreaker } from './metrics.ts'
import { createProvider } from './provider.ts'
import { traced } from './trace.ts'

await runStageProcess({ env: process.env, now: () => new Date() }, (context) => {
  const { guard, ...options } = providerOptions(process.env)
  const { logger, registry, tracing } = context
  logger.info(
    { timeoutMs: options.timeoutMs },
    'a provider that takes longer than the time-out needs PAYMENT_EXPECTED_MS',
  )
  const provider = guarded(measured(traced(createProvider(options), tracing), registry), {
    ...guard,
    onOpen: () =>
      logger.warn({ openMs: guard.breaker.openMs }, 'the provider fails too often; not asking it for a while'),
    onClose: () => logger.info('the provider answers again'),
  })
  watchBreaker(registry, () => provider.open)
  return { ...paymentStage(provider, context), hold: () => provider.open }
})
