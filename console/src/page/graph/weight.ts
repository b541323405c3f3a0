// How wide is a line for a backlog? By its order of magnitude: what matters is a thousand or a
// million. Pure.

export function lagWidth(lag: number): number {
  return Math.round(10 * Math.min(14, lag > 0 ? 2 + 2.2 * Math.log10(1 + lag) : 1.5)) / 10
}
