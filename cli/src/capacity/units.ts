// How are rates, sizes and times written in the report of a capacity?

export const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
export const short = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 })

export function perMinute(perSecond: number | undefined): string {
  return perSecond === undefined ? '-' : `${whole.format(perSecond * 60)}/min`
}

const steps = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** `46.7 GB`, in powers of 1,000. */
export function bytesText(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(steps.length - 1, Math.floor(Math.log10(bytes) / 3))
  return `${short.format(bytes / 1_000 ** step)} ${steps[step] ?? ''}`
}

/** `7 d`, or `36 h` where it is no whole number of days. */
export function hoursText(hours: number): string {
  return hours % 24 === 0 ? `${hours / 24} d` : `${short.format(hours)} h`
}
