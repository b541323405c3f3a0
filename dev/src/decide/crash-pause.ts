// How long until a process that has ended by itself is started again? A second at first, then
// longer and longer, up to a minute: a program that is just being written must be back soon.
// Pure.
const firstMs = 1_000
const longestMs = 60_000

/** `deaths` in a row, this one included; `random` in [0, 1). */
export const crashPauseMs = (deaths: number, random: number): number =>
  Math.round(Math.min(longestMs, firstMs * 2 ** Math.max(0, deaths - 1)) * (0.75 + random / 2))
