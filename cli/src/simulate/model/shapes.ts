// Which loads need no file? A steady rate, a burst, and a day in the life of a shop.
import type { Stretch, Trace } from './arrivals.ts'

export const steady = (perSecond: number, forMs: number): Trace => [
  { fromMs: 0, toMs: forMs, orders: Math.round((perSecond * forMs) / 1_000) },
]

export const burst = (orders: number, atMs: number, overMs: number): Trace => [
  { fromMs: atMs, toMs: atMs + overMs, orders },
]

/** Parts of the busiest rate at each full hour of a day: quiet at four in the morning, busy at noon, busiest at eight in the evening. */
const hours = [
  0.3, 0.2, 0.13, 0.1, 0.08, 0.09, 0.14, 0.24, 0.38, 0.5, 0.6, 0.7, 0.78, 0.72, 0.62, 0.58, 0.6, 0.68, 0.82, 0.95, 1,
  0.9, 0.68, 0.45,
]
const minutes = 60_000

/** A day from midnight on, in stretches of a minute, whose busiest moment has so many orders a second. */
export function day(peakPerSecond: number): Trace {
  return Array.from({ length: 24 * 60 }, (_, minute): Stretch => {
    const hour = Math.floor(minute / 60)
    const [before, after] = [hours[hour] ?? 0, hours[(hour + 1) % 24] ?? 0]
    const part = before + ((after - before) * (minute % 60)) / 60
    return { fromMs: minute * minutes, toMs: (minute + 1) * minutes, orders: Math.round(part * peakPerSecond * 60) }
  })
}
