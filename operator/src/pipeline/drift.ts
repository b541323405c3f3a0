// Has somebody changed what we asked for? Compares only what is asked: what the API server or
// others add is theirs.
import { sameQuantity } from './quantity.ts'

/** Paths at which the live object is not as asked. Empty means it still holds. */
export const drift = (asked: unknown, live: unknown, path = ''): string[] => {
  if (live === undefined && isEmpty(asked)) return [] // the API server leaves empty texts and lists out
  if (Array.isArray(asked)) return Array.isArray(live) ? listDrift(asked, live, path) : [path]
  if (isRecord(asked)) {
    if (!isRecord(live)) return [path]
    return Object.entries(asked)
      .filter(([, value]) => value !== undefined)
      .flatMap(([key, value]) => drift(value, live[key], path === '' ? key : `${path}.${key}`))
  }
  return asked === live || (isQuantity(path) && bothText(asked, live)) ? [] : [path]
}

const isEmpty = (asked: unknown): boolean =>
  asked === '' || (typeof asked === 'object' && asked !== null && Object.keys(asked).length === 0)

/**
 * Items that have an identity are found by it wherever they stand; others must match one by one.
 */
const listDrift = (asked: readonly unknown[], live: readonly unknown[], path: string): string[] => {
  const identity = identityOf(asked)
  if (identity === undefined) {
    if (asked.length !== live.length) return [path]
    return asked.flatMap((item, index) => drift(item, live[index], `${path}[${index}]`))
  }
  return asked.flatMap((item) => {
    const id = isRecord(item) ? item[identity] : undefined
    const twin = live.find((candidate) => isRecord(candidate) && candidate[identity] === id)
    return drift(item, twin, `${path}[${String(id)}]`)
  })
}

/**
 * The map keys of the lists we write: ports are told apart by number, owners by uid, the rest by
 * name where no two have the same.
 */
const identityOf = (items: readonly unknown[]): 'name' | 'uid' | undefined =>
  (['uid', 'name'] as const).find((key) => {
    const ids = items.map((item) => (isRecord(item) ? item[key] : undefined))
    return items.length > 0 && ids.every((id) => typeof id === 'string') && new Set(ids).size === items.length
  })

const isQuantity = (path: string): boolean => /\.resources\.(requests|limits)\./.test(path)
const bothText = (a: unknown, b: unknown): boolean =>
  typeof a === 'string' && typeof b === 'string' && sameQuantity(a, b)
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
