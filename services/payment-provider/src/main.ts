// The payment provider program: a simulation of an external one, for development and tests.
import { refuseToRun, runConfigured, trustAuthorities } from '@orderpipeline/config'
import { createLogger, drainOnSignals } from '@orderpipeline/process'
import { providerConfig } from './config.ts'
import { startPaymentProvider } from './server.ts'

await runConfigured(async () => {
  const config = providerConfig(process.env)
  trustAuthorities(config)
  const logger = createLogger({ service: 'payment-provider', level: config.LOG_LEVEL })
  const provider = await startPaymentProvider(config, logger, (problem) => refuseToRun(problem))
  drainOnSignals(provider.closers, { graceMs: config.DRAIN_GRACE_SECONDS * 1_000, logger })
  logger.info({ url: provider.url, metrics: provider.metricsUrl }, 'accepting charges')
})
