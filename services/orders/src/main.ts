// The orders stage's process.
import { topicOf } from '@orderpipeline/order-events'
import { runStageProcess } from '@orderpipeline/stage'
import { ordersConfig } from './config.ts'
import { ordersStage } from './definition.ts'

await runStageProcess({ env: process.env, now: () => new Date() }, (context) =>
  ordersStage(context, ordersConfig(process.env, context.emits(topicOf('PartialRefundRequested')))),
)
