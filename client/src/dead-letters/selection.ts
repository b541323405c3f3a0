// Which dead letters are selected? By stage or by name, reason, order, age and state. Pure.
import type { DeadLetter, DeadLetterState } from '@orderpipeline/kafka'
import { UsageError } from '../failure.ts'

export interface Filters {
  readonly reason?: string
  readonly order?: string
  readonly since?: string
}

/** A stage, or one dead letter of it. */
export interface Where {
  readonly stage?: string
  readonly letter?: string
}

/** `payment`, or `payment/2/17`. @throws CommandError */
export function whereOf(text: string | undefined): Where {
  if (text === undefined) return {}
  const [stage = '', partition, offset, ...more] = text.split('/')
  if (stage !== '' && partition === undefined) return { stage }
  if (stage !== '' && /^\d+$/.test(partition ?? '') && /^\d+$/.test(offset ?? '') && more.length === 0)
    return { stage, letter: text }
  throw new UsageError(`Found ${JSON.stringify(text)}; allowed: a stage, or a dead letter such as payment/2/17.`)
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `30m`, `2h`, `3d` ago, or a time. @throws CommandError */
export function sinceOf(text: string | undefined, now: Date, option = '--since'): Date | undefined {
  if (text === undefined) return undefined
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? []
  if (count !== undefined) return new Date(now.getTime() - Number(count) * (unitMs[unit] ?? 0))
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN
  if (!Number.isNaN(at)) return new Date(at)
  throw new UsageError(`${option}: found ${JSON.stringify(text)}; allowed: such as 30m, 2h, 3d or 2026-01-31T12:00:00Z`)
}

/** The order a message is about: an event's subject, or the orderId in its data. */
export function orderOf({ value }: Pick<DeadLetter, 'value'>): string | undefined {
  try {
    const event = JSON.parse(String(value)) as { subject?: unknown; data?: { orderId?: unknown } } | null
    const order = event?.subject ?? event?.data?.orderId
    return typeof order === 'string' ? order : undefined
  } catch {
    return undefined
  }
}

export function selected(
  deadLetters: readonly DeadLetter[],
  { letter: deadLetterId }: Where,
  filters: Filters,
  states: readonly DeadLetterState[],
  since: Date | undefined,
): DeadLetter[] {
  return deadLetters.filter(
    (one) =>
      (deadLetterId === undefined ? states.includes(one.state) : one.id === deadLetterId) &&
      (filters.reason === undefined || one.reason === filters.reason || one.error === filters.reason) &&
      (filters.order === undefined || orderOf(one) === filters.order) &&
      (since === undefined || Date.parse(one.at) >= since.getTime()),
  )
}
