// Until when is it quiet for a customer? Between two times of their wall clock, whatever daylight
// saving time does to it in that night.

/** Times of the wall clock, such as 21:00 and 08:00. From later than to: over midnight. */
export interface QuietHours {
  readonly timeZone: string
  readonly from: string
  readonly to: string
}

const minuteMs = 60_000
const dayMinutes = 1_440

export function isTime(text: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d$/.test(text)
}

export function isTimeZone(name: string): boolean {
  return clockOf(name) !== undefined
}

/**
 * The first moment from `now` on at which the wall clock is outside the quiet hours; `undefined` if
 * it is outside now. A time that the clock skips is over when the clock has skipped it. An unknown
 * time zone counts as UTC.
 */
export function quietUntil(now: Date, { timeZone, from, to }: QuietHours): Date | undefined {
  const clock = clockOf(timeZone) ?? clockOf('UTC')
  if (!clock) return undefined
  const [start, end] = [minutesOf(from), minutesOf(to)]
  const isQuiet = (at: number): boolean => {
    const minute = clock(at)
    return start <= end ? minute >= start && minute < end : minute >= start || minute < end
  }
  let at = now.getTime()
  // A zone changes its clock once in a night; the bound is for a zone that does what none has done.
  for (let changes = 0; changes < 4 && isQuiet(at); changes++) {
    const rest = (end - clock(at) + dayMinutes) % dayMinutes
    const over = floorToMinute(at) + rest * minuteMs
    at = firstChange(clock, at, over) ?? over
  }
  return at === now.getTime() ? undefined : new Date(at)
}

type WallClock = (at: number) => number

/** The minute in (from, to] at which the clock jumps, if there is one. */
function firstChange(clock: WallClock, from: number, to: number): number | undefined {
  const start = floorToMinute(from)
  const steady = (at: number): boolean => (clock(start) + (at - start) / minuteMs) % dayMinutes === clock(at)
  if (steady(to)) return undefined
  let [before, after] = [start, to]
  while (after - before > minuteMs) {
    const middle = floorToMinute((before + after) / 2)
    if (steady(middle)) before = middle
    else after = middle
  }
  return after
}

function floorToMinute(at: number): number {
  return Math.floor(at / minuteMs) * minuteMs
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}

/** A formatter costs more than its use. Zones are few, but customers choose them. */
const clocks = new Map<string, WallClock | undefined>()
const mostClocks = 1_000

function clockOf(timeZone: string): WallClock | undefined {
  if (!clocks.has(timeZone)) {
    if (clocks.size >= mostClocks) clocks.clear()
    clocks.set(timeZone, createClock(timeZone))
  }
  return clocks.get(timeZone)
}

function createClock(timeZone: string): WallClock | undefined {
  try {
    const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
    return (at) => minutesOf(format.format(at))
  } catch {
    return undefined
  }
}
