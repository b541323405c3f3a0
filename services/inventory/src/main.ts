// The inventory stage's process.
import { runStageProcess } from '@orderpipeline/stage'
import { inventoryConfig } from './config.ts'
import { inventoryStage } from './definition.ts'

await runStageProcess({ env: process.env, now: () => new Date() }, (context) =>
  inventoryStage(context, inventoryConfig(process.env)),
)
