// When does a figure change at its source? The API server is read directly, again and again: what
// it answers first with a new value is the change.
import { sleep } from '@orderpipeline/retry'

/** A value from some moment on; Unix milliseconds. */
export interface Change {
  readonly at: number
  readonly value: string
}

export interface Watch {
  readonly changes: readonly Change[]
  close(): Promise<void>
}

/** So much later than it happened a change may be seen: added to what is measured. */
export const lookMs = 25

export function watch(read: () => Promise<string>): Watch {
  const changes: Change[] = []
  const stopping = new AbortController()
  const looking = (async () => {
    while (!stopping.signal.aborted) {
      const value = await read()
      if (changes.at(-1)?.value !== value) changes.push({ at: Date.now(), value })
      await sleep(lookMs, stopping.signal)
    }
  })()
  return {
    changes,
    close: async () => {
      stopping.abort()
      await looking
    },
  }
}

/**
 * Milliseconds from each change at the source until the page had it, or one that came after it at
 * the source. The first value of the source is no change. Pure.
 */
export function delays(source: readonly Change[], page: readonly Change[]): readonly number[] {
  return source.slice(1).map(({ at }, index) => {
    const since = source.slice(index + 1)
    const first = page.find((one) => one.at >= at - lookMs && since.some(({ value }) => value === one.value))
    return first === undefined ? Infinity : Math.max(0, first.at - at) + lookMs
  })
}
