// The notification stage's process.
import { runStageProcess } from '@orderpipeline/kit-stage'
import { notificationStage } from './definition.ts'

await runStageProcess({ env: process.env, now: () => new Date() }, notificationStage)
