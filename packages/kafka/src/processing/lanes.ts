// Which work begins next, where some of it is more urgent? The first of the highest lane, unless a
// lower lane has waited for its share.
//
// A lower lane that is not empty counts its own weight for each choice of a higher lane. It is due
// when that comes to the sum of all higher weights, and the lowest lane that is due is next. So
// the first of a lane waits for at most `ceil(higher weights / own weight)` choices of higher
// lanes: 2 and 12 with the weights 8, 4 and 1. While every lane has work, each is chosen in
// proportion to its weight.
import { fifo } from './fifo.ts'
import type { ReadyQueue } from './fifo.ts'

export interface LaneSettings {
  /** For the metric; the highest first. */
  readonly name: string
  /** A whole number from 1 on. */
  readonly weight: number
}

export interface Lanes<Item> extends ReadyQueue<Item> {
  /** How much waits in each lane, by name. */
  waiting(): ReadonlyMap<string, number>
}

/** `lane`: the position in `settings`. */
export function createLanes<Item extends { readonly lane: number }>(settings: readonly LaneSettings[]): Lanes<Item> {
  let higherWeights = 0
  const lanes = settings.map(({ name, weight }, index) => {
    const lane = { index, name, weight, higherWeights, items: fifo<Item>(), waited: 0 }
    higherWeights += weight
    return lane
  })
  type Lane = (typeof lanes)[number]
  const hasItems = ({ items }: Lane): boolean => items.length > 0
  const isDue = (lane: Lane): boolean => hasItems(lane) && lane.waited >= lane.higherWeights
  let length = 0

  return {
    get length() {
      return length
    },
    push: (item) => {
      lanes[item.lane]!.items.push(item)
      length++
    },
    shift: () => {
      // The highest lane has none above it and is always due.
      const next = lanes.findLast(isDue) ?? lanes.find(hasItems)
      if (!next) return undefined
      next.waited = Math.max(0, next.waited - next.higherWeights)
      for (const lane of lanes)
        if (lane.index > next.index) lane.waited = hasItems(lane) ? lane.waited + lane.weight : 0
      length--
      return next.items.shift()
    },
    waiting: () => new Map(lanes.map(({ name, items }) => [name, items.length])),
  }
}
