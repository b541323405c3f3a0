// What does an operator of the platform want to know of the mails?
import { Counter } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import type { Lane, Mail } from './mails.ts'
import type { Mailer } from './smtp.ts'

export function droppedMailCounter(registry: Registry): (count: number) => void {
  const dropped = new Counter({
    name: 'mails_dropped_total',
    help: 'Recommendations without a mail, since they were too old',
    registers: [registry],
  })
  return (count) => dropped.inc(count)
}

/**
 * Counts every try, by lane (`order`, `marketing`) and whether the mail server accepted the mail.
 */
export function mailCounter(registry: Registry): (lane: Lane, mailer: Mailer) => Mailer {
  const mails = new Counter({
    name: 'mails_total',
    help: 'Mails given to the mail server, by outcome',
    labelNames: ['lane', 'outcome'],
    registers: [registry],
  })
  return (lane, mailer) => ({
    send: async (mail: Mail, signal) => {
      try {
        await mailer.send(mail, signal)
        mails.inc({ lane, outcome: 'sent' })
      } catch (error) {
        mails.inc({ lane, outcome: 'not taken' })
        throw error
      }
    },
    close: () => mailer.close(),
  })
}
