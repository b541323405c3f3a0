// Does marketing wait until the first minute that is not quiet, in every zone and in the nights in
// which the clock changes?
import { expect, test } from 'vitest'
import { isTimeZone, quietUntil } from './quiet-hours.ts'
import type { QuietHours } from './quiet-hours.ts'

function end(now: string, quiet: QuietHours) {
  return quietUntil(new Date(now), quiet)?.toISOString()
}
const berlin = { timeZone: 'Europe/Berlin', from: '21:00', to: '08:00' }

test('holds from one time of the wall clock to the other, over midnight', () => {
  expect(end('2026-01-15T19:59:59.999Z', berlin)).toBeUndefined()
  expect(end('2026-01-15T20:00:00Z', berlin)).toBe('2026-01-16T07:00:00.000Z')
  expect(end('2026-01-16T06:59:59.999Z', berlin)).toBe('2026-01-16T07:00:00.000Z')
  expect(end('2026-01-16T07:00:00Z', berlin)).toBeUndefined()
  expect(end('2026-07-15T20:00:00Z', berlin)).toBe('2026-07-16T06:00:00.000Z')
})

test('holds within a day, too, and never where both times are the same', () => {
  expect(end('2026-01-15T11:30:20Z', { ...berlin, from: '12:00', to: '14:00' })).toBe('2026-01-15T13:00:00.000Z')
  expect(end('2026-01-15T11:30:20Z', { ...berlin, from: '12:00', to: '12:00' })).toBeUndefined()
})

test('the morning is that of the clock after the night in which it changes', () => {
  expect(end('2026-03-28T22:00:00Z', berlin)).toBe('2026-03-29T06:00:00.000Z')
  expect(end('2026-10-24T20:00:00Z', berlin)).toBe('2026-10-25T07:00:00.000Z')
})

test('a time that the clock skips is over once it is skipped', () => {
  // 02:00 to 03:00 does not exist on this day.
  expect(end('2026-03-29T00:50:00Z', { ...berlin, from: '00:00', to: '02:30' })).toBe('2026-03-29T01:00:00.000Z')
})

test('an unknown zone counts as UTC', () => {
  expect(end('2026-01-15T22:00:00Z', { ...berlin, timeZone: 'Mars/Olympus' })).toBe('2026-01-16T08:00:00.000Z')
  expect([isTimeZone('Mars/Olympus'), isTimeZone('Asia/Kathmandu')]).toEqual([false, true])
})

/** Minute by minute, by another way to the wall clock. */
function oracle(now: number, { timeZone, from, to }: QuietHours): number {
  const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, timeStyle: 'short' })
  const quiet = (at: number) => {
    const [clock, start, stop] = [minutes(format.format(at)), minutes(from), minutes(to)]
    return start <= stop ? clock >= start && clock < stop : clock >= start || clock < stop
  }
  if (!quiet(now)) return now
  let at = Math.floor(now / 60_000) * 60_000
  while (quiet(at)) at += 60_000
  return at
}

test('agrees with a search minute by minute around the changes of the clock', () => {
  const nights = {
    'Europe/Berlin': ['2026-03-28T18:00:00Z', '2026-10-24T18:00:00Z'],
    'America/New_York': ['2026-03-08T00:00:00Z', '2026-11-01T00:00:00Z'],
    'Australia/Lord_Howe': ['2026-04-04T08:00:00Z', '2026-10-03T08:00:00Z'], // by half an hour
    'America/Santiago': ['2026-04-04T20:00:00Z', '2026-09-05T20:00:00Z'], // at midnight
    'Asia/Kathmandu': ['2026-05-01T00:00:00Z'],
  }
  const hours = [
    ...['21:00-08:00', '23:59-00:01', '00:00-02:30', '01:30-02:00', '02:15-03:15', '00:00-00:30', '03:00-23:00'],
  ].map((text) => text.split('-'))
  for (const [timeZone, starts] of Object.entries(nights))
    for (const start of starts)
      for (const [from = '', to = ''] of hours)
        for (let step = 0; step < 14; step++) {
          const now = Date.parse(start) + step * 47 * 60_000 + 12_345
          const quiet = { timeZone, from, to }
          const until = quietUntil(new Date(now), quiet)?.getTime() ?? now
          expect(new Date(until).toISOString(), `${timeZone} ${from}-${to} at ${new Date(now).toISOString()}`).toBe(
            new Date(oracle(now, quiet)).toISOString(),
          )
        }
})
