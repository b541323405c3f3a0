// The notification stage's process.
import { runStageProcess } from '@orderpipeline/stage'
import { mailOptions } from './config.ts'
import { notificationStage } from './definition.ts'
import { mailing } from './mailing.ts'

await runStageProcess({ env: process.env, now: () => new Date() }, (context) => {
  const options = mailOptions(process.env)
  return notificationStage(context, options && mailing(options, context))
})
