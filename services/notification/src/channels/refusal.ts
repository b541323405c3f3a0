// What does a failure to deliver a message mean, whatever its channel?

export interface Verdict {
  /** The other side may take it later; otherwise it will never take this message. */
  readonly retry: boolean
  /**
   * The other side did not decide on this message: no connection, no answer in time, no login, too
   * many requests.
   */
  readonly outage: boolean
  /**
   * Only with `outage`: the other side may be away, or this message alone may get no answer. The
   * latter is so where others are accepted.
   */
  readonly perhapsOwn?: boolean | undefined
  /**
   * The message may have been delivered: it was handed over, and no answer came. Another try may
   * send it twice.
   */
  readonly unanswered?: boolean | undefined
  /** The address does not exist any more and must not be used again. */
  readonly addressGone?: boolean | undefined
}

export type RefusalReason = 'MailRefused' | 'SmsRefused' | 'PushRefused'

export class MessageRefusedError extends Error {
  override readonly name = 'MessageRefusedError'
  readonly reason: RefusalReason
  readonly retry: boolean
  readonly outage: boolean
  readonly perhapsOwn: boolean
  readonly unanswered: boolean
  readonly addressGone: boolean
  constructor(reason: RefusalReason, message: string, verdict: Verdict, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
    this.retry = verdict.retry
    this.outage = verdict.outage
    this.perhapsOwn = verdict.perhapsOwn ?? false
    this.unanswered = verdict.unanswered ?? false
    this.addressGone = verdict.addressGone ?? false
  }
}

export const unanswered: Verdict = { retry: true, outage: false, unanswered: true }

/**
 * What the other side says, for logs, traces and the database: more people read these than may know
 * who the message is for.
 */
export function withoutAddress(text: string, address: string): string {
  const name = address.replace(/^\+/, '').replace(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)
  return name === '' ? text : text.replace(new RegExp(String.raw`\+?${name}`, 'gi'), '(recipient)')
}

/**
 * What an answer over HTTP says of it. A key that is refused and a limit that is exceeded are not
 * about the message; what the server refuses otherwise, it refuses for good.
 */
export function httpVerdict(status: number): Verdict {
  if (status === 401 || status === 403 || status === 408 || status === 429 || status >= 500)
    return { retry: true, outage: true }
  return { retry: false, outage: false }
}
