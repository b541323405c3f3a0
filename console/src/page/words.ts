// How are figures said to a person? Short, with a unit, and a dash where there is none. Pure.
import { countText, durationText, rateText } from '@orderpipeline/client/figures'
import type { PartState, Trend } from '../model/state.ts'

export { countText, durationText, rateText }

export const dash = '–'
export function orDash(text: string): string {
  return text === '-' ? dash : text
}

export const trendArrows: Readonly<Record<Trend, string>> = { growing: '↑', shrinking: '↓', steady: '→' }

/** How long a message waits. */
export function waitText({ lag, waitSeconds, standing }: PartState): string {
  if (lag === undefined) return dash
  if (standing) return 'standing still'
  return waitSeconds === undefined ? dash : durationText(waitSeconds)
}

/** How long until there is no lag. */
export function drainText({ lag, drainSeconds, standing }: PartState): string {
  if (lag === undefined || drainSeconds === undefined) return dash
  if (drainSeconds === 'never') return standing ? 'standing still' : 'not at this rate'
  return durationText(drainSeconds)
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`
}

/** What a part does, in one sentence for those who do not see it. */
export function partSentence(part: PartState, bottleneck: boolean): string {
  const backlog =
    part.kind === 'gateway'
      ? []
      : [
          part.lag === undefined ? 'lag not known' : `${plural(part.lag, 'message')} waiting`,
          ...(part.lag ? [waitText(part) === dash ? '' : `wait ${waitText(part)}`, part.trend ?? ''] : []),
        ]
  return [
    `${part.name}${bottleneck ? ', the bottleneck' : ''}`,
    ...backlog,
    `${part.ready} of ${part.wanted} wanted replicas ready, ${part.min} to ${part.max} allowed`,
  ]
    .filter(Boolean)
    .join(', ')
}

/** `14:03:20`, in the reader's own time. */
export function clockText(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB')
}

/** `30 min`, `6 h`. */
export function rangeText(minutes: number): string {
  return minutes < 120 ? `${minutes} min` : `${minutes / 60} h`
}

/** The same as a screen reader says it. */
export function rangeWords(minutes: number): string {
  return minutes < 120 ? `${minutes} minutes` : `${minutes / 60} hours`
}

export function dateText(at: number | string): string {
  return new Date(at).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })
}

/** The text of an amount in minor units, such as cents. */
export function amountText(minor: number, currency: string): string {
  try {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency })
    return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
  } catch {
    return `${minor} ${currency}`
  }
}
