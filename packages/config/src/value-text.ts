// How is a value of unknown size and depth shown in a message? As JSON, cut in depth and in width
// before it is written down: JSON.stringify recurses, so 40 kB of nested brackets overflow the
// stack, and a large value costs a large text.

export interface ValueTextBounds {
  /** Levels of lists and objects that are shown; what lies deeper is `…`. */
  readonly depth?: number
  /** Longest text, in characters; a longer one ends in `…`. */
  readonly characters?: number
}

/**
 * JSON of at most `characters` characters and a mark; `nothing` for an absent value. Never throws.
 */
export function valueText(value: unknown, { depth = 4, characters = 100 }: ValueTextBounds = {}): string {
  if (value === undefined) return 'nothing'
  // No entry takes less than one character, so more entries than characters are never shown.
  const text = JSON.stringify(shallow(value, depth, characters)) ?? typeof value
  return text.length > characters ? `${text.slice(0, characters)}…` : text
}

function shallow(value: unknown, depth: number, width: number): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'string') return value.length > width ? value.slice(0, width) : value
  // JSON has neither infinity nor NaN: `null` would name a value that was not there.
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === 0) return '…'
  if (Array.isArray(value)) return value.slice(0, width).map((entry) => shallow(entry, depth - 1, width))
  const entries: [string, unknown][] = []
  for (const key of Object.keys(value).slice(0, width))
    entries.push([key, shallow((value as Readonly<Record<string, unknown>>)[key], depth - 1, width)])
  return Object.fromEntries(entries)
}
