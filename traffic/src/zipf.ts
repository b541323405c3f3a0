// Which item is next, when some come up more often than others? Rank k of n with a share in
// proportion to 1/k^s (Zipf's law), exactly, in constant time and without a table of all ranks, by
// rejection-inversion: W. Hörmann and G. Derflinger, "Rejection-inversion to generate variates from
// monotone discrete distributions", 1996.

/**
 * Draws 0 to count - 1, the most frequent first. Exponent 0: all equally often; 1: the second half
 * as often as the first, the third a third.
 */
export function zipf(count: number, exponent: number): (random: () => number) => number {
  /**
   * The integral of x^-s, up to a constant, and its inverse; both whole at s = 1, where the power
   * law becomes a logarithm.
   */
  const integral = (x: number): number => {
    const log = Math.log(x)
    return quotient((1 - exponent) * log) * log
  }
  const inverse = (area: number): number => {
    const t = Math.max(-1, area * (1 - exponent))
    return Math.exp(logQuotient(t) * area)
  }
  const height = (x: number): number => x ** -exponent
  const [most, least] = [integral(1.5) - 1, integral(count + 0.5)]
  const certain = 2 - inverse(integral(2.5) - height(2))
  return (random) => {
    for (;;) {
      const area = least + random() * (most - least)
      const x = inverse(area)
      const rank = Math.min(count, Math.max(1, Math.floor(x + 0.5)))
      if (rank - x <= certain || area >= integral(rank + 0.5) - height(rank)) return rank - 1
    }
  }
}

/** (e^x - 1) / x, by its series where the division would lose what matters. */
function quotient(x: number): number {
  return Math.abs(x) > 1e-8 ? Math.expm1(x) / x : 1 + (x / 2) * (1 + x / 3)
}
/** log(1 + x) / x, likewise. */
function logQuotient(x: number): number {
  return Math.abs(x) > 1e-8 ? Math.log1p(x) / x : 1 - x * (0.5 - x / 3)
}
