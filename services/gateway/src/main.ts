// The gateway program.
import { refuseToRun, runConfigured, trustAuthorities } from '@orderpipeline/config'
import { createLogger, drainOnSignals } from '@orderpipeline/process'
import { gatewayConfig } from './config.ts'
import { startGateway } from './server.ts'

await runConfigured(async () => {
  const config = gatewayConfig(process.env)
  trustAuthorities(config)
  const logger = createLogger({
    service: 'gateway',
    level: config.LOG_LEVEL,
    fields: { pipeline: config.ORDERPIPELINE_PIPELINE },
  })
  const gateway = await startGateway(config, logger, (problem) => refuseToRun(problem))
  drainOnSignals(gateway.closers, { graceMs: config.DRAIN_GRACE_SECONDS * 1_000, logger })
  logger.info({ url: gateway.url, metrics: gateway.metricsUrl }, 'accepting orders')
})
