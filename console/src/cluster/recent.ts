// How are answers of the API server shared for a few seconds? Bounded in time and number; what
// fails is not kept.

export interface RecentOptions {
  readonly ms: number
  /** Beyond it the oldest are dropped. */
  readonly most: number
  readonly now?: () => number
}

/** `read` is called once for all who ask for the same key at the same time. */
export function recent<Value>({ ms, most, now = () => performance.now() }: RecentOptions) {
  const entries = new Map<string, { readonly at: number; readonly value: Promise<Value> }>()
  return (key: string, read: () => Promise<Value>): Promise<Value> => {
    const cached = entries.get(key)
    if (cached && now() - cached.at < ms) return cached.value
    const entry = { at: now(), value: read() }
    entries.delete(key)
    entries.set(key, entry)
    entry.value.catch(() => {
      if (entries.get(key) === entry) entries.delete(key)
    })
    for (const oldest of entries.keys()) {
      if (entries.size <= most) break
      entries.delete(oldest)
    }
    return entry.value
  }
}
