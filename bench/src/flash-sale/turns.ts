// Whose turn is it, where a fixed number of workers serve one customer each, and those who wait too
// long give up?
export interface Turns {
  /** Resolves with false where no worker is free in time. First come, first served. */
  next(patienceMs: number): Promise<boolean>
  /** A worker is free again. */
  release(): void
}

export function createTurns(workers: number): Turns {
  let free = workers
  const waiting: (() => void)[] = []
  return {
    next: (patienceMs) => {
      if (free > 0) {
        free -= 1
        return Promise.resolve(true)
      }
      return new Promise((resolve) => {
        const start = (): void => {
          clearTimeout(timer)
          resolve(true)
        }
        const leave = (): void => {
          waiting.splice(waiting.indexOf(start), 1)
          resolve(false)
        }
        const timer = setTimeout(leave, patienceMs)
        waiting.push(start)
      })
    },
    release: () => {
      const start = waiting.shift()
      if (start) start()
      else free += 1
    },
  }
}
