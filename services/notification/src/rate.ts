// How many messages may a replica give to a channel's provider now? A token bucket for both lanes
// of the channel, of which marketing leaves a half for messages about orders.

export interface Rate {
  /** How many of `count` may be sent now; they count as sent. */
  take(count: number, marketing: boolean): number
  /** Gives back what was taken and not used. */
  giveBack(count: number): void
}

/**
 * A bucket holds what a second allows, and two messages at least: one of them is for orders. With
 * one, both lanes would get it by chance.
 */
export function createRate(perSecond: number, monotonicMs: () => number): Rate {
  const size = Math.max(2, perSecond)
  const reserve = size / 2
  let tokens = size
  let at = monotonicMs()
  return {
    take: (count, marketing) => {
      const now = monotonicMs()
      tokens = Math.min(size, tokens + ((now - at) / 1_000) * perSecond)
      at = now
      const takenCount = Math.max(0, Math.min(count, Math.floor(tokens - (marketing ? reserve : 0))))
      tokens -= takenCount
      return takenCount
    },
    giveBack: (count) => {
      tokens = Math.min(size, tokens + count)
    },
  }
}

export const noRate: Rate = { take: (count) => count, giveBack: () => undefined }
