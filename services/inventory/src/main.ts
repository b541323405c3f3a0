// The inventory stage's process.
import { runStageProcess } from '@orderpipeline/stage'
import { inventoryOptions } from './config.ts'
import { inventoryStage } from './definition.ts'

await runStageProcess({ env: process.env, now: () => new Date() }, (context) =>
  inventoryStage(context, inventoryOptions(process.env)),
)
