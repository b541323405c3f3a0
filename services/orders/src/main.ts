// The orders stage's process.
import { runStageProcess } from '@orderpipeline/kit-stage'
import { ordersStage } from './stage/definition.ts'

await runStageProcess({ env: process.env, now: () => new Date() }, ordersStage)
