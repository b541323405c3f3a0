// The orders stage's process.
import { runStageProcess } from '@orderpipeline/stage'
import { ordersOptions } from './config.ts'
import { ordersStage } from './stage/definition.ts'

await runStageProcess({ env: process.env, now: () => new Date() }, (context) =>
  ordersStage(context, ordersOptions(process.env)),
)
