// The shipping stage's process.
import { runStageProcess } from '@orderpipeline/stage'
import { httpCarrier } from './carrier/http-carrier.ts'
import { measuredCarrier } from './carrier/measured-carrier.ts'
import { carrierOptions } from './config.ts'
import { shippingStage } from './definition.ts'

await runStageProcess({ env: process.env, now: () => new Date() }, (context) => {
  const options = carrierOptions(process.env)
  if (!options) return shippingStage(context)
  const carrier = measuredCarrier(httpCarrier(options), context.registry)
  return shippingStage(context, { carrier, statusIntervalSeconds: options.statusIntervalSeconds })
})
