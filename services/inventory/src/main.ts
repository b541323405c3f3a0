// The inventory stage's process.
import { runStageProcess } from '@orderpipeline/kit-stage'
import { inventoryStage } from './definition.ts'

await runStageProcess({ env: process.env, now: () => new Date() }, inventoryStage)
