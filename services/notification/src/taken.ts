// What does a sender get of the queue?
import type { Mail } from './mails.ts'

export interface TakenMail extends Mail {
  readonly id: number
  readonly attempts: number
  readonly ageSeconds: number
}

export interface Taken {
  readonly mails: readonly TakenMail[]
  /** Messages that were put off to the end of quiet hours, or deleted for want of consent. */
  readonly notSent: number
}
