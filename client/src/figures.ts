// How are numbers written for a person? Whole where a fraction says nothing, and a dash where there
// is none.
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

export const unknown = '-'

export function countText(count: number | undefined): string {
  return count === undefined ? unknown : whole.format(count)
}

/** How many dead letters a person must look at, and the command that shows them. */
export function deadLettersText(count: number, ...where: readonly string[]): string {
  return `${count === 1 ? '1 dead letter waits' : `${countText(count)} dead letters wait`}; orderpipeline dlq list ${where.join(' ')}`
}

export function rateText(perSecond: number | undefined): string {
  if (perSecond === undefined) return unknown
  return perSecond < 10 ? perSecond.toFixed(1) : whole.format(perSecond)
}

/** `12s`, `3m05s`, `2h10m`, `4d07h`. */
export function durationText(seconds: number): string {
  const rounded = Math.ceil(seconds)
  const padded = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  if (rounded < 60) return `${rounded}s`
  if (rounded < 3_600) return `${Math.floor(rounded / 60)}m${padded(rounded % 60)}s`
  if (rounded < 86_400) return `${Math.floor(rounded / 3_600)}h${padded((rounded % 3_600) / 60)}m`
  return `${Math.floor(rounded / 86_400)}d${padded((rounded % 86_400) / 3_600)}h`
}

export function drainText({
  lag,
  secondsToDrain,
}: {
  readonly lag?: number
  readonly secondsToDrain?: number
}): string {
  if (lag === 0) return '0s'
  return secondsToDrain === undefined ? unknown : durationText(secondsToDrain)
}

/** How long ago; a clock that is behind the cluster's makes no negative age. */
export function ageText(since: string | undefined, now: Date): string {
  const at = since === undefined ? NaN : Date.parse(since)
  return Number.isNaN(at) ? unknown : durationText(Math.max(0, Math.floor((now.getTime() - at) / 1_000)))
}
