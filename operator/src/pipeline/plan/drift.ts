// Does a live object differ from what we applied? Only applied fields are compared: what the API
// server or other controllers add is theirs.
import { sameQuantity } from './quantity.ts'

/** Paths at which the live object differs from the desired one. Empty means no drift. */
export function drift(desired: unknown, live: unknown, path = ''): string[] {
  if (live === undefined && isEmpty(desired)) return [] // the API server omits empty texts and lists
  if (Array.isArray(desired)) return Array.isArray(live) ? listDrift(desired, live, path) : [path]
  if (isRecord(desired)) {
    if (!isRecord(live)) return [path]
    return Object.entries(desired)
      .filter(([, value]) => value !== undefined)
      .flatMap(([key, value]) => drift(value, live[key], path === '' ? key : `${path}.${key}`))
  }
  return desired === live || (isQuantity(path) && bothText(desired, live)) ? [] : [path]
}

function isEmpty(desired: unknown): boolean {
  return desired === '' || (typeof desired === 'object' && desired !== null && Object.keys(desired).length === 0)
}

/**
 * Items with an identity are matched by it at any position; other items are matched by position.
 */
function listDrift(desired: readonly unknown[], live: readonly unknown[], path: string): string[] {
  const identity = identityOf(desired)
  if (identity === undefined) {
    if (desired.length !== live.length) return [path]
    return desired.flatMap((item, index) => drift(item, live[index], `${path}[${index}]`))
  }
  return desired.flatMap((item) => {
    const id = isRecord(item) ? item[identity] : undefined
    const twin = live.find((candidate) => isRecord(candidate) && candidate[identity] === id)
    return drift(item, twin, `${path}[${String(id)}]`)
  })
}

/**
 * The map keys of the lists we write: ports are distinguished by number, owners by uid, the rest by
 * name where all names differ.
 */
function identityOf(items: readonly unknown[]): 'name' | 'uid' | undefined {
  return (['uid', 'name'] as const).find((key) => {
    const ids = items.map((item) => (isRecord(item) ? item[key] : undefined))
    return items.length > 0 && ids.every((id) => typeof id === 'string') && new Set(ids).size === items.length
  })
}

function isQuantity(path: string): boolean {
  return /\.resources\.(requests|limits)\./.test(path)
}
function bothText(a: unknown, b: unknown): boolean {
  return typeof a === 'string' && typeof b === 'string' && sameQuantity(a, b)
}
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
