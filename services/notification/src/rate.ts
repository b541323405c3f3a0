// How many messages may a replica give to a channel's provider now? A token bucket for all lanes
// of the channel, of which others leave a part for messages about orders.
import type { Purpose } from './lanes.ts'

export interface Rate {
  /** How many of `count` may be sent now; they count as sent. */
  take(count: number, purpose: Purpose): number
  /** Gives back what was taken and not used. */
  giveBack(count: number): void
}

/**
 * Parts of the bucket that stay for others. Anybody may have codes sent, but customers wait for
 * theirs, so they come before marketing.
 */
const reserves: Readonly<Record<Purpose, number>> = { order: 0, code: 1 / 4, marketing: 1 / 2 }

/**
 * A bucket holds what a second allows, and two messages at least: one of them is for orders. With
 * one, all lanes would get it by chance.
 */
export function createRate(perSecond: number, monotonicMs: () => number): Rate {
  const size = Math.max(2, perSecond)
  let tokens = size
  let at = monotonicMs()
  return {
    take: (count, purpose) => {
      const now = monotonicMs()
      tokens = Math.min(size, tokens + ((now - at) / 1_000) * perSecond)
      at = now
      const takenCount = Math.max(0, Math.min(count, Math.floor(tokens - size * reserves[purpose])))
      tokens -= takenCount
      return takenCount
    },
    giveBack: (count) => {
      tokens = Math.min(size, tokens + count)
    },
  }
}

export const noRate: Rate = { take: (count) => count, giveBack: () => undefined }
