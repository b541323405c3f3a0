// How is a duration written? Pure.

/** `4 s`, `1 min 5 s`, `12 min`, `3 h`, `4 days`: as exact as a person waiting needs. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds >= 2 * 86_400) return `${Math.round(seconds / 86_400)} days`
  if (seconds >= 2 * 3600) return `${Math.round(seconds / 3600)} h`
  const minutes = Math.floor(seconds / 60)
  const rest = seconds % 60
  return minutes >= 10 || rest === 0 ? `${Math.round(seconds / 60)} min` : `${minutes} min ${rest} s`
}
