// Whose requests are these, after a person has signed in with a token? Those with the cookie of the
// session, and with its key as a header: the cookie alone opens the stream and nothing else. In
// memory alone, bounded in time and number.
import { randomBytes, timingSafeEqual } from 'node:crypto'

export interface Session {
  readonly token: string
  readonly name: string
  /** The page keeps it for its origin; another port of the host has the cookie, but not this. */
  readonly key: string
}

export interface Sessions {
  /** The id is what the cookie holds. */
  open(token: string, name: string): { readonly id: string; readonly key: string }
  /** undefined where there is none any more. */
  find(id: string): Session | undefined
  close(id: string): void
  readonly count: number
}

const hour = 3_600_000
export const longestMs = 12 * hour
export const longestIdleMs = hour
export const maxSessions = 500
export const maxSessionsPerPerson = 10

interface Entry extends Session {
  readonly openedAt: number
  usedAt: number
}

export function createSessions(now: () => number = () => performance.now()): Sessions {
  // In the order of their last use: the first is the one that was not used for longest.
  const entries = new Map<string, Entry>()
  const isOver = ({ openedAt, usedAt }: Entry): boolean =>
    now() - openedAt >= longestMs || now() - usedAt >= longestIdleMs
  const makeRoom = (name: string): void => {
    for (const [id, entry] of entries) if (isOver(entry)) entries.delete(id)
    const own = [...entries].filter(([, entry]) => entry.name === name).map(([id]) => id)
    const [oldest] = own.length >= maxSessionsPerPerson ? own : entries.size >= maxSessions ? [...entries.keys()] : []
    if (oldest !== undefined) entries.delete(oldest)
  }
  return {
    get count() {
      return entries.size
    },
    open: (token, name) => {
      makeRoom(name)
      const [id, key] = [newSecret(), newSecret()]
      entries.set(id, { token, name, key, openedAt: now(), usedAt: now() })
      return { id, key }
    },
    find: (id) => {
      const entry = entries.get(id)
      if (!entry) return undefined
      entries.delete(id)
      if (isOver(entry)) return undefined
      entry.usedAt = now()
      entries.set(id, entry)
      return entry
    },
    close: (id) => void entries.delete(id),
  }
}

function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

export function isSame(presented: string, expected: string): boolean {
  const [a, b] = [Buffer.from(presented), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}
