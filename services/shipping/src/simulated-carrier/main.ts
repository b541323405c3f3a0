// The simulated carrier's process.
import { readConfig, runConfigured, variables } from '@orderpipeline/config'
import { z } from 'zod'
import { startSimulatedCarrier } from './simulated-carrier.ts'

const schema = z.object({
  HTTP_PORT: variables.port().default(8080),
  LISTEN_ADDRESS: variables.listenAddress(),
  CARRIER_DELIVERY_SECONDS: variables.number(0.1, 31_536_000).default(60),
  CARRIER_FAILURE_RATE: variables.number(0, 1).default(0.05),
})

await runConfigured(async () => {
  const config = readConfig(schema, process.env)
  const carrier = await startSimulatedCarrier({
    port: config.HTTP_PORT,
    host: config.LISTEN_ADDRESS,
    deliverySeconds: config.CARRIER_DELIVERY_SECONDS,
    failureRate: config.CARRIER_FAILURE_RATE,
    now: () => new Date(),
  })
  const end = (): void => void carrier.close().then(() => process.exit(0))
  process.once('SIGTERM', end).once('SIGINT', end)
})
