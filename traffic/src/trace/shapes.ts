// Which loads need no file? A steady rate, a rising rate, a burst, and the day of a shop.
import { InvalidOptionError } from '../units.ts'
import type { TraceSegment, Trace } from './trace.ts'

export const shapeNames = ['steady', 'ramp', 'burst', 'day'] as const
export type ShapeName = (typeof shapeNames)[number]

/** @throws InvalidOptionError */
export function shapeByName(text: string, option: string): ShapeName {
  const name = shapeNames.find((candidate) => candidate === text)
  if (name) return name
  throw new InvalidOptionError(`${option}: found ${JSON.stringify(text)}; allowed: ${shapeNames.join(', ')}`)
}

/**
 * Parts of the busiest rate at each full hour of a day: lowest at four in the morning, busy at
 * noon, highest at eight in the evening.
 */
const hours = [
  0.3, 0.2, 0.13, 0.1, 0.08, 0.09, 0.14, 0.24, 0.38, 0.5, 0.6, 0.7, 0.78, 0.72, 0.62, 0.58, 0.6, 0.68, 0.82, 0.95, 1,
  0.9, 0.68, 0.45,
]
const minutesOfDay = Array.from({ length: 24 * 60 }, (_, minute): number => {
  const hour = Math.floor(minute / 60)
  const [before, after] = [hours[hour] ?? 0, hours[(hour + 1) % 24] ?? 0]
  return before + ((after - before) * (minute % 60)) / 60
})

/** Parts of the busiest rate, in stretches of equal length. */
const parts: Readonly<Record<ShapeName, readonly number[]>> = {
  steady: [1],
  ramp: Array.from({ length: 100 }, (_, step) => (step + 0.5) / 100),
  burst: [0.1, 0.1, 1, 0.1, 0.1],
  day: minutesOfDay,
}

/** A shape with this many orders a second at its peak, in this time. */
export function shape(name: ShapeName, perSecond: number, forMs: number): Trace {
  const all = parts[name]
  const eachMs = forMs / all.length
  return all.map((part, index): TraceSegment => {
    const orders = (part * perSecond * eachMs) / 1_000
    return { fromMs: index * eachMs, toMs: (index + 1) * eachMs, orders }
  })
}

function whole(trace: Trace): Trace {
  return trace.map((stretch) => ({ ...stretch, orders: Math.round(stretch.orders) }))
}

export function steady(perSecond: number, forMs: number): Trace {
  return whole(shape('steady', perSecond, forMs))
}

/** A day from midnight on, in stretches of a minute, with this many orders a second at its peak. */
export function day(peakPerSecond: number): Trace {
  return whole(shape('day', peakPerSecond, 86_400_000))
}

export function burst(orders: number, atMs: number, overMs: number): Trace {
  return [{ fromMs: atMs, toMs: atMs + overMs, orders }]
}
