// How does a loop sleep until there is something to do? Until woken, but no longer than a given
// time; a wake-up that comes while it is awake counts for its next sleep, so that none is lost.

export interface Wake {
  /** Resolves early when woken (unless `early: false`), when `until` aborts, or when closed. */
  sleep(milliseconds: number, until?: AbortSignal, options?: { readonly early: boolean }): Promise<void>
  now(): void
  /** Wakes for good. */
  close(): void
}

export function createWake(): Wake {
  let pending = false
  let closed = false
  let rouse: ((forced: boolean) => void) | undefined

  return {
    sleep: (milliseconds, until, { early } = { early: true }) =>
      new Promise((resolve) => {
        const end = (): void => {
          rouse = undefined
          clearTimeout(timer)
          until?.removeEventListener('abort', end)
          if (early) pending = false
          resolve()
        }
        const timer = setTimeout(end, milliseconds)
        if (closed || until?.aborted || (early && pending)) return end()
        until?.addEventListener('abort', end)
        rouse = (forced) => {
          if (forced || early) end()
        }
      }),
    now: () => {
      pending = true
      rouse?.(false)
    },
    close: () => {
      closed = true
      rouse?.(true)
    },
  }
}
