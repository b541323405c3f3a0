// The notification stage's process.
import { runStageProcess } from '@orderpipeline/stage'
import { mailConfig } from './config.ts'
import { notificationStage } from './definition.ts'
import { mailing } from './mailing.ts'

await runStageProcess({ env: process.env, now: () => new Date() }, (context) => {
  const options = mailConfig(process.env)
  return notificationStage(context, options && mailing(options, context))
})
