// What does an operator of the platform want to know of the messages to customers?
import { Counter, Gauge } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import { lanes } from './lanes.ts'
import type { Lane } from './lanes.ts'
import type { Mail } from './mails.ts'
import type { Mailer } from './smtp.ts'

export function droppedMailCounter(registry: Registry): (count: number) => void {
  const dropped = new Counter({
    name: 'mails_dropped_total',
    help: 'Recommendations without a mail, since they were too old',
    registers: [registry],
  })
  return (count) => dropped.inc(count)
}

export type DropReason = 'no consent' | 'queue full'

/** Messages that need consent and are not sent. */
export function droppedMessageCounter(registry: Registry): (lane: Lane, reason: DropReason, count: number) => void {
  const dropped = new Counter({
    name: 'messages_dropped_total',
    help: 'Messages that were not sent, by lane and reason',
    labelNames: ['lane', 'reason'],
    registers: [registry],
  })
  return (lane, reason, count) => {
    if (count > 0) dropped.inc({ lane, reason }, count)
  }
}

/** Counts messages that waited for the end of a customer's quiet hours. */
export function heldMessageCounter(registry: Registry): (lane: Lane, count: number) => void {
  const counter = new Counter({
    name: 'messages_held_total',
    help: 'Messages put off to the end of quiet hours, by lane',
    labelNames: ['lane'],
    registers: [registry],
  })
  return (lane, count) => {
    if (count > 0) counter.inc({ lane }, count)
  }
}

/** All replicas report the same figure: the queue is theirs together. */
export function waitingMessageGauge(registry: Registry): (counts: ReadonlyMap<Lane, number>) => void {
  const waiting = new Gauge({
    name: 'messages_waiting',
    help: 'Messages that wait to be sent, by lane, as this replica has last counted them',
    labelNames: ['lane'],
    registers: [registry],
  })
  return (counts) => {
    for (const lane of lanes) waiting.set({ lane }, counts.get(lane) ?? 0)
  }
}

/**
 * Counts every try, by lane (`order`, `marketing`, `sms-order`, …) and whether the other side
 * accepted the message.
 */
export function mailCounter(registry: Registry): (lane: Lane, mailer: Mailer) => Mailer {
  const mails = new Counter({
    name: 'mails_total',
    help: 'Messages given to the mail server or the provider of their lane, by outcome',
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
