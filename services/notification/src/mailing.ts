// How do mails leave a replica of the notification stage? Through one mailer for order mails and
// one for marketing mails, counted and traced.
import type { StageContext } from '@orderpipeline/stage'
import type { MailOptions } from './config.ts'
import type { Mailing } from './definition.ts'
import { droppedMailCounter, mailCounter } from './metrics.ts'
import { failedMailsTask, mailTasks } from './sender.ts'
import { createMailer } from './smtp.ts'
import { tracedMailer } from './trace.ts'

export function mailing(options: MailOptions, context: StageContext): Mailing {
  const { addressing, attempts, keepSeconds, everySeconds, timeoutMs } = options
  const withCounter = mailCounter(context.registry)
  const withTracing = tracedMailer(context.tracing)
  const tasks = mailTasks((lane) => withCounter(lane, withTracing(lane, createMailer(options))), {
    attempts,
    keepSeconds,
    everySeconds,
    // A batch waits for the slowest of its mails, each of which may use up several time-outs.
    leaseSeconds: 60 + (20 * timeoutMs) / 1_000,
    onFailure: ({ messageId }, error, gaveUp) =>
      context.logger.warn({ mail: messageId, error, gaveUp }, 'the mail server did not accept a mail'),
  })
  const maxAgeSeconds = options.marketingMaxAgeSeconds
  const marketing =
    maxAgeSeconds === undefined
      ? undefined
      : {
          since: () => new Date(context.now().getTime() - maxAgeSeconds * 1_000),
          dropped: droppedMailCounter(context.registry),
        }
  return { addressing, marketing, periodicTasks: [...tasks, failedMailsTask()] }
}
