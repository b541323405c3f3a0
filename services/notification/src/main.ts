// The notification stage's process.
import { runStageProcess } from '@orderpipeline/kit-stage'
import { mailOptions } from './config.ts'
import { notificationStage } from './definition.ts'
import { mailCounter } from './metrics.ts'
import { mailChores } from './sender.ts'
import { createMailer } from './smtp.ts'

await runStageProcess({ env: process.env, now: () => new Date() }, (context) => {
  const options = mailOptions(process.env)
  if (!options) return notificationStage(context)
  const { addressing, attempts, everySeconds, timeoutMs } = options
  const counted = mailCounter(context.registry)
  const chores = mailChores((lane) => counted(lane, createMailer(options)), {
    attempts,
    everySeconds,
    // A batch waits for the slowest of its mails, each of which may use up several time-outs.
    leaseSeconds: 60 + (20 * timeoutMs) / 1_000,
    onFailure: ({ messageId }, error, gaveUp) =>
      context.logger.warn({ mail: messageId, error, gaveUp }, 'the mail server did not take a mail'),
  })
  return notificationStage(context, { addressing, chores })
})
