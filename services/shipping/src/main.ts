// The shipping stage's process.
import { runStageProcess } from '@orderpipeline/stage'
import { shippingStage } from './definition.ts'

await runStageProcess({ env: process.env, now: () => new Date() }, shippingStage)
