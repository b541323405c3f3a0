// How do messages leave a replica of the notification stage? Through one sender for each lane of
// the channels that are configured, counted and traced.
import type { StageContext } from '@orderpipeline/stage'
import { createAcceptance } from './acceptance.ts'
import { createBacklog } from './backlog.ts'
import { createSmsPort } from './channels/sms.ts'
import { createPushPort } from './channels/web-push.ts'
import type { MailOptions } from './config.ts'
import type { Mailing } from './definition.ts'
import { channelOf, channels, isMarketing, lanes, lanesOf } from './lanes.ts'
import type { Channel, Lane } from './lanes.ts'
import {
  droppedMailCounter,
  droppedMessageCounter,
  heldMessageCounter,
  mailCounter,
  waitingMessageGauge,
} from './metrics.ts'
import { codeSeconds } from './preferences/code-limits.ts'
import { createRate, noRate } from './rate.ts'
import type { Rate } from './rate.ts'
import { failedMailsTask, mailTasks } from './sender.ts'
import type { SenderOptions } from './sender.ts'
import { createMailer } from './smtp.ts'
import type { Mailer } from './smtp.ts'
import type { QuietPolicy } from './take.ts'
import { tracedMailer } from './trace.ts'
import { unsubscribeToken } from './unsubscribe-token.ts'

const countSeconds = 30
/** An SMS or a push message that is older says what the customer has long read in a mail. */
const shortMessageKeepSeconds = 86_400

/** `monotonicMs`: of any origin. */
export function mailing(
  options: MailOptions,
  context: StageContext,
  monotonicMs: () => number = () => performance.now(),
): Mailing {
  const { registry, logger, now } = context
  const dropped = droppedMessageCounter(registry)
  const surroundings: Surroundings = { dropped, held: heldMessageCounter(registry) }
  const enabled = new Set(channels.filter((channel) => isEnabled(channel, options)))
  const mailerOf = observedMailer(options, context)
  const senders = [...enabled].flatMap((channel) => {
    const shared = { rate: rateOf(channel, options, monotonicMs), acceptance: createAcceptance(monotonicMs) }
    return lanesOf(channel).flatMap((lane) =>
      mailTasks(mailerOf, { ...senderOptions(options, context, lane, surroundings), ...shared }, [lane]),
    )
  })
  const backlog = createBacklog({
    mostWaiting: options.marketingMaxWaiting,
    everySeconds: countSeconds,
    onCounted: waitingMessageGauge(registry),
    onDropped: (lane, count) => dropped(lane, 'queue full', count),
  })
  const maxAgeSeconds = options.marketingMaxAgeSeconds
  const marketing =
    maxAgeSeconds === undefined
      ? undefined
      : {
          since: () => new Date(now().getTime() - maxAgeSeconds * 1_000),
          dropped: droppedMailCounter(registry),
        }
  if (!options.unsubscribe)
    logger.info('UNSUBSCRIBE_URL is not set: marketing mails have no link that ends the consent to them')
  return {
    ...{ addressing: options.addressing, marketing, channels: enabled, bound: backlog.bound },
    periodicTasks: [...senders, failedMailsTask(), backlog.task],
  }
}

function isEnabled(channel: Channel, { sms, push }: MailOptions): boolean {
  return channel === 'mail' || (channel === 'sms' ? sms : push) !== undefined
}

function observedMailer(options: MailOptions, { registry, tracing, now }: StageContext): (lane: Lane) => Mailer {
  const withCounter = mailCounter(registry)
  const withTracing = tracedMailer(tracing)
  return (lane) => withCounter(lane, withTracing(lane, portOf(lane, options, now)))
}

function portOf(lane: Lane, options: MailOptions, now: () => Date): Mailer {
  const { sms, push, timeoutMs, unsubscribe } = options
  const channel = channelOf(lane)
  if (channel === 'sms' && sms) return createSmsPort({ ...sms, timeoutMs })
  if (channel === 'push' && push) return createPushPort({ ...push, timeoutMs, now })
  const unsubscribeUrl =
    unsubscribe &&
    ((consent: Parameters<typeof unsubscribeToken>[0]) =>
      `${unsubscribe.url}/v1/unsubscribe?token=${unsubscribeToken(consent, unsubscribe.secret)}`)
  return createMailer({ ...options, unsubscribeUrl })
}

interface Surroundings {
  readonly dropped: ReturnType<typeof droppedMessageCounter>
  readonly held: ReturnType<typeof heldMessageCounter>
}

function senderOptions(
  options: MailOptions,
  { logger, now }: StageContext,
  lane: Lane,
  { dropped, held }: Surroundings,
): Omit<SenderOptions, 'mailer'> & { readonly everySeconds: number } {
  const { everySeconds, timeoutMs, quietHours, quietOrderSms } = options
  const quiet: QuietPolicy = {
    hours: quietHours,
    lanes: new Set(lanes.filter((each) => isMarketing(each) || (each === 'sms-order' && quietOrderSms))),
    now,
    onHeld: held,
  }
  return {
    ...{ everySeconds, quiet, ...patienceOf(lane, options) },
    // A batch waits for the slowest of its messages, each of which may use up several time-outs.
    leaseSeconds: 60 + (20 * timeoutMs) / 1_000,
    onUnconsented: (_, count) => dropped(lane, 'no consent', count),
    onFailure: ({ messageId }, error, gaveUp) =>
      logger.warn({ mail: messageId, error, gaveUp }, 'the other side did not accept a message'),
  }
}

/** A code that does not arrive is requested again: a second try would come too late. */
function patienceOf(lane: Lane, { attempts, keepSeconds }: MailOptions) {
  if (lane === 'sms-code') return { attempts: 1, keepSeconds: codeSeconds }
  return {
    attempts,
    keepSeconds: channelOf(lane) === 'mail' ? keepSeconds : Math.min(keepSeconds, shortMessageKeepSeconds),
  }
}

function rateOf(channel: Channel, { mailsPerSecond, sms, push }: MailOptions, monotonicMs: () => number): Rate {
  const perSecond = { mail: mailsPerSecond, sms: sms?.perSecond, push: push?.perSecond }[channel]
  return perSecond === undefined ? noRate : createRate(perSecond, monotonicMs)
}
