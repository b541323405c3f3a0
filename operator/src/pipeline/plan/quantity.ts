// How much is a Kubernetes quantity? The API server rewrites `1000m` as `1`, so quantities are
// compared by value.
const factors: Readonly<Record<string, number>> = {
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** NaN when it is not a quantity. */
export function quantity(text: string | number): number {
  const [, digits, suffix] = /^([0-9.]+(?:[eE][-+]?[0-9]+)?)(m|[kMGTPE]|[KMGTPE]i)?$/.exec(String(text)) ?? []
  if (digits === undefined) return Number.NaN
  return Number(digits) * (suffix === undefined ? 1 : (factors[suffix] ?? Number.NaN))
}

/** Equal by value, within the rounding of two notations. */
export function sameQuantity(a: string | number, b: string | number): boolean {
  const [x, y] = [quantity(a), quantity(b)]
  return Math.abs(x - y) <= Math.abs(x) * 1e-9
}
