// When did the mail server have the mail, as the order's trace shows? A span for each try to send
// it, under the work on the message that made it: there may be minutes between the two.
import type { Tracing } from '@orderpipeline/telemetry'
import { channelOf } from './lanes.ts'
import type { Lane } from './lanes.ts'
import type { Mailer } from './smtp.ts'

export function tracedMailer(tracing: Tracing | undefined): (lane: Lane, mailer: Mailer) => Mailer {
  if (!tracing) return (_lane, mailer) => mailer
  return (lane, mailer) => ({
    send: async (mail, signal) => {
      // Neither recipient nor subject: a trace is read by more people than a mail.
      const span = tracing.span(channelOf(lane) === 'mail' ? `${lane} mail deliver` : `${lane} deliver`, {
        kind: 'client',
        parent: mail.traceparent ?? undefined,
        attributes: { 'orderpipeline.mail.lane': lane, 'orderpipeline.mail.id': mail.messageId },
      })
      try {
        await mailer.send(mail, signal)
      } catch (error) {
        span.fail(error instanceof Error ? error : new Error(String(error)))
        throw error
      } finally {
        span.end()
      }
    },
    close: () => mailer.close(),
  })
}
