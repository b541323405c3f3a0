// Does the machine already use an address range that the cluster needs? Pure.

/** A route as `ip -json route` prints it. */
export interface Route {
  readonly dst: string
  readonly dev?: string
  readonly gateway?: string
}

/**
 * The first route, but for the default one, that has addresses in common with the range
 * (a.b.c.d/n).
 */
export function overlappingRoute(range: string, routes: readonly Route[]): Route | undefined {
  const own = parse(range)
  return routes.find((route) => {
    const other = parse(route.dst)
    if (!own || !other || other.bits === 0) return false
    const common = Math.min(own.bits, other.bits)
    return prefix(own.address, common) === prefix(other.address, common)
  })
}

function parse(text: string): { address: number; bits: number } | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(text)
  if (!match) return undefined
  const address = match.slice(1, 5).reduce((sum, part) => sum * 256 + Number(part), 0)
  return { address, bits: match[5] === undefined ? 32 : Number(match[5]) }
}

function prefix(address: number, bits: number) {
  return Math.floor(address / 2 ** (32 - bits))
}
