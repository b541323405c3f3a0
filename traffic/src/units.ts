// How are rates and times written on the command line? In common short forms: 10000/min, 200/s,
// 1000000/day, 3m, 90s.

export class InvalidOptionError extends Error {
  override readonly name = 'InvalidOptionError'
  readonly reason = 'OptionInvalid'
  readonly retry = false
}

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000]
const unitMs: Readonly<Record<string, number>> = {
  ...{ ms: 1, s: second, m: minute, min: minute, h: hour, d: day },
  ...{ second, minute, hour, day },
}

/** Orders per second from `10000/min`, `200/s`, `1000000/day`; a bare number is per second. */
export function parsedRate(text: string, option = '--rate'): number {
  const match = /^(\d+(?:\.\d+)?)(?:\/(s|m|min|h|d|second|minute|hour|day))?$/.exec(text.trim())
  const perSecond = match ? (Number(match[1]) * 1_000) / (unitMs[match[2] ?? 's'] ?? 1_000) : Number.NaN
  if (!(perSecond > 0 && perSecond <= 100_000))
    throw new InvalidOptionError(
      `${option}: found ${JSON.stringify(text)}; allowed: such as 10000/min, 200/s or 1000000/day, up to 100000/s`,
    )
  return perSecond
}

/** Milliseconds from `500ms`, `30s`, `3m`, `1h`, `1m30s`; a bare number is seconds. */
export function parsedDuration(text: string, option: string): number {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)(ms|s|min|m|h)?/g)]
  const whole = parts.map(([part]) => part).join('') === text.trim() && parts.length > 0
  const milliseconds = parts.reduce((sum, [, value, unit]) => sum + Number(value) * (unitMs[unit ?? 's'] ?? 0), 0)
  if (!whole || !(milliseconds > 0))
    throw new InvalidOptionError(`${option}: found ${JSON.stringify(text)}; allowed: such as 30s, 3m or 1h`)
  return milliseconds
}

/** @throws InvalidOptionError */
export function parsedCount(text: string, option: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0 && value <= 10_000_000) return value
  throw new InvalidOptionError(`${option}: found ${JSON.stringify(text)}; allowed: a whole number from 1 to 10000000`)
}

/** The exponent of a Zipf distribution. @throws InvalidOptionError */
export function parsedSkew(text: string, option: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (value >= 0 && value <= 5) return value
  throw new InvalidOptionError(`${option}: found ${JSON.stringify(text)}; allowed: a number from 0 to 5`)
}

/** 0 to 1. */
export function parsedShare(text: string, option: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (value >= 0 && value <= 1) return value
  throw new InvalidOptionError(`${option}: found ${JSON.stringify(text)}; allowed: a number from 0 to 1`)
}

/** `1m05s`, `42s`, `0.3s`. */
export function durationText(milliseconds: number): string {
  const seconds = milliseconds / 1_000
  if (seconds < 10) return `${seconds.toFixed(1)}s`
  if (seconds < 60) return `${Math.round(seconds)}s`
  const minutes = Math.floor(Math.round(seconds) / 60)
  const rest = String(Math.round(seconds) % 60).padStart(2, '0')
  return minutes < 60 ? `${minutes}m${rest}s` : `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}m`
}
