// How do messages leave, each once as far as a message can? A replica takes a few that are due and
// leaves them to itself for a while, hands them to the mail server or provider, and only then
// forgets them. A crash in between sends one again: a mail under the same Message-ID.
import type { Queryable } from '@orderpipeline/postgres'
import { backoffMs, sleep } from '@orderpipeline/retry'
import type { PeriodicTask } from '@orderpipeline/stage'
import type { Acceptance } from './acceptance.ts'
import { MessageRefusedError } from './channels/refusal.ts'
import { lanesOf, purposeOf } from './lanes.ts'
import type { Lane } from './lanes.ts'
import { noRate } from './rate.ts'
import type { Rate } from './rate.ts'
import type { Mailer } from './smtp.ts'
import { failMails, removeFailedMails, removeMails } from './sql/mails.ts'
import { removeAddresses } from './sql/preferences.ts'
import { takeDue } from './take.ts'
import type { TakeOptions } from './take.ts'
import type { TakenMail } from './taken.ts'

export interface SenderOptions extends TakeOptions {
  readonly mailer: Mailer
  /** The channel's, for all of its lanes. */
  readonly rate?: Rate | undefined
  /** The channel's; without it only the messages of one batch are compared. */
  readonly acceptance?: Acceptance | undefined
  /** Refusals of one mail before it is given up; an unavailable mail server refuses nothing. */
  readonly attempts: number
  /** A mail that has waited so long for an unavailable mail server is of no use any more. */
  readonly keepSeconds: number
  /** Longer than any batch takes: then another replica may send them. */
  readonly leaseSeconds: number
  readonly onFailure: (mail: { readonly messageId: string }, error: MessageRefusedError, gaveUp: boolean) => void
  readonly random?: () => number
}

const batchSize = 20
const firstRetrySeconds = 5
const lastRetrySeconds = 600
const longestPauseSeconds = 60
/** Each of them may reach the customer. They span about half an hour. */
const unansweredAttempts = 3
/**
 * A mail that alone seems to get no answer is not given up sooner: a server that is slow for most
 * mails accepts some meanwhile, for hours.
 */
const patienceSeconds = 24 * 3_600

/**
 * Sends one batch of the due messages of a lane. Returns how many of them it settled for now, or 0
 * where all met an outage. What is under way when `signal` aborts is left for another time. @throws
 * DatabaseError, and what a port throws besides its own error, once the others are recorded
 */
export async function sendDue(
  database: Queryable,
  lane: Lane,
  options: SenderOptions,
  signal?: AbortSignal,
): Promise<number> {
  const rate = options.rate ?? noRate
  const allowed = rate.take(batchSize, purposeOf(lane))
  if (allowed === 0) return 0
  const { mails, notSent } = await takeDue(database, lane, allowed, options)
  rate.giveBack(allowed - mails.length)
  const outcomes = await Promise.all(mails.map((mail) => outcomeOf(mail, options.mailer, signal)))
  const sentIds = outcomes.flatMap(({ mail, sent }) => (sent ? [mail.id] : []))
  if (sentIds.length > 0) options.acceptance?.note()
  if (sentIds.length > 0) await database.query(removeMails, [sentIds])
  const othersPass = sentIds.length > 0 || options.acceptance?.recent === true
  const failedMails = outcomes.flatMap(({ mail, error }) => {
    const cut = error?.outage === true && error.perhapsOwn && othersPass
    return error ? [{ mail, error, outage: error.outage && !cut, cut }] : []
  })
  if (failedMails.length > 0) await recordFailures(database, failedMails, options)
  const [defect] = outcomes.flatMap((outcome) => outcome.defect ?? [])
  if (defect) throw defect
  const outages = failedMails.filter(({ outage }) => outage).length
  // Push messages go to several services, and one that is away must not slow down the others.
  return notSent + (outages === mails.length ? 0 : mails.length)
}

interface Outcome {
  readonly mail: TakenMail
  readonly sent: boolean
  readonly error?: MessageRefusedError
  /** The message stays as it is, until its lease is over. */
  readonly defect?: Error
}

async function outcomeOf(mail: TakenMail, mailer: Mailer, signal: AbortSignal | undefined): Promise<Outcome> {
  try {
    await mailer.send(mail, signal)
    return { mail, sent: true }
  } catch (error) {
    if (error instanceof MessageRefusedError) return { mail, sent: false, error }
    return { mail, sent: false, defect: error instanceof Error ? error : new Error(String(error)) }
  }
}

interface Failure {
  readonly mail: TakenMail
  readonly error: MessageRefusedError
  /** Not the message's own. */
  readonly outage: boolean
  /** While others are accepted: it may be the message's own. */
  readonly cut: boolean
}

async function recordFailures(
  database: Queryable,
  failedMails: readonly Failure[],
  options: SenderOptions,
): Promise<void> {
  const { onFailure, random = Math.random } = options
  const ends = failedMails.map((failure) => isEnd(failure, options))
  failedMails.forEach(({ mail, error }, n) => onFailure(mail, error, ends[n] === true))
  await database.query(failMails, [
    failedMails.map(({ mail }) => mail.id),
    failedMails.map(({ error }) => error.message.slice(0, 500)),
    failedMails.map((failure) => nextTrySeconds(failure, random)),
    ends,
    failedMails.map(({ outage }, n) => !outage || ends[n]),
  ])
  const goneMails = failedMails.flatMap(({ mail, error }) => (error.addressGone ? [mail] : []))
  if (goneMails.length > 0)
    await database.query(removeAddresses, [
      goneMails.map(({ customerId }) => customerId ?? null),
      goneMails.map(({ lane }) => lane),
      goneMails.map(({ recipient }) => recipient),
    ])
}

function isEnd({ mail, error, outage, cut }: Failure, { attempts, keepSeconds }: SenderOptions): boolean {
  if (outage) return mail.ageSeconds >= keepSeconds
  if (cut && mail.ageSeconds < Math.min(keepSeconds, patienceSeconds)) return false
  return !error.retry || mail.attempts + 1 >= (error.unanswered ? Math.min(attempts, unansweredAttempts) : attempts)
}

function nextTrySeconds({ mail, error, outage }: Failure, random: () => number): number {
  if (outage) return pauseSeconds(mail.ageSeconds, random)
  return error.unanswered ? lastRetrySeconds * (1 + random()) : retrySeconds(mail.attempts + 1, random)
}

/** Doubles with each failure; half of it is chance. */
export function retrySeconds(failures: number, random: () => number): number {
  const backoff = { firstMs: firstRetrySeconds * 1_000, maxMs: lastRetrySeconds * 1_000 }
  return backoffMs(failures, backoff, random) / 1_000
}

/**
 * The time until a mail is tried again whose server is unavailable: as long as it has waited, so
 * that tries become rarer, but never more than a minute, so that it goes out when the server is
 * back. Half of it is random.
 */
export function pauseSeconds(ageSeconds: number, random: () => number): number {
  const full = Math.min(longestPauseSeconds, Math.max(firstRetrySeconds, ageSeconds))
  return full / 2 + (full / 2) * random()
}

/**
 * One task for each lane of a channel, with a mailer of its own, so that no lane waits for
 * another's connections.
 */
export function mailTasks(
  mailerFor: (lane: Lane) => Mailer,
  options: Omit<SenderOptions, 'mailer'> & { readonly everySeconds: number },
  lanes: readonly Lane[] = lanesOf('mail'),
): PeriodicTask[] {
  return lanes.map((lane) => {
    const mailer = mailerFor(lane)
    return {
      name: lane.includes('-') ? `${lane} messages` : `${lane} mails`,
      everyMs: options.everySeconds * 1_000,
      run: async ({ database, stopping }) => {
        const patience = someTimeAfter(stopping)
        try {
          for (let count = batchSize; count === batchSize && !stopping.aborted;) {
            count = await sendDue(database, lane, { ...options, mailer }, patience.signal)
            await sleep(0)
          }
        } finally {
          patience.end()
        }
      },
      close: () => mailer.close(),
    }
  })
}

/** A mail that was given up shows for a month what went wrong; its address and text are deleted. */
export function failedMailsTask(everySeconds = 3_600, keptDays = 30, atOnce = 5_000): PeriodicTask {
  return {
    name: 'failed mails',
    everyMs: everySeconds * 1_000,
    run: async ({ database, stopping }) => {
      for (let count = atOnce; count === atOnce && !stopping.aborted;)
        count = (await database.query(removeFailedMails, [keptDays, atOnce])).length
    },
  }
}

/**
 * How long a mail in transfer may go on after the stop; a mail server that does not answer must not
 * delay the shutdown.
 */
const handOverMs = 5_000

function someTimeAfter(stopping: AbortSignal): { readonly signal: AbortSignal; end(): void } {
  const patience = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const begin = (): void => {
    timer = setTimeout(() => patience.abort(), handOverMs)
  }
  stopping.addEventListener('abort', begin, { once: true })
  return {
    signal: patience.signal,
    end: () => {
      stopping.removeEventListener('abort', begin)
      clearTimeout(timer)
    },
  }
}
