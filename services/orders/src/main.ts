// The orders stage's process.
import { runStageProcess } from '@orderpipeline/stage'
import { ordersConfig, refundsParts } from './config.ts'
import { ordersStage } from './definition.ts'

await runStageProcess({ env: process.env, now: () => new Date() }, (context) =>
  ordersStage(context, ordersConfig(process.env, refundsParts(context))),
)
