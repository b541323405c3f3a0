// The development services program: an issuer of tokens, a mail catcher and a trace collector for a
// shop that is developed or tried out.
import { runConfigured } from '@orderpipeline/config'
import { createLogger, drainOnSignals } from '@orderpipeline/process'
import { devServicesConfig } from './config.ts'
import { startDevServices } from './server.ts'

const graceMs = 5_000

await runConfigured(async () => {
  const config = devServicesConfig(process.env)
  const logger = createLogger({ service: 'dev-services', level: config.LOG_LEVEL })
  const services = await startDevServices(config, logger)
  drainOnSignals(services.closers, { graceMs, logger })
  const { url, smtpUrl } = services
  logger.info({ url, smtp: smtpUrl, issuer: config.ISSUER_URL }, 'for development only: every caller gets a token')
})
