// The shipping stage's process.
import { runStageProcess } from '@orderpipeline/stage'
import { httpCarrier } from './carrier/http-carrier.ts'
import { measuredCarrier } from './carrier/measured-carrier.ts'
import { carrierConfig } from './config.ts'
import { shippingStage } from './definition.ts'

await runStageProcess({ env: process.env, now: () => new Date() }, (context) => {
  const options = carrierConfig(process.env)
  if (!options) return shippingStage(context)
  const carrier = measuredCarrier(httpCarrier(options), context.registry)
  return shippingStage(context, { carrier, statusIntervalSeconds: options.statusIntervalSeconds })
})
