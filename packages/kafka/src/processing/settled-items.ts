// Which items have their events published and must still be settled: their kept events deleted, in
// the next transaction?

export interface SettledItems<Item> {
  /** Their events are published. */
  add(items: readonly Item[]): void
  /** Runs a transaction that settles all there are; if it fails, they wait for the next one. */
  include<T>(transaction: (items: readonly Item[]) => Promise<T>): Promise<T>
  /** Resolves when nothing that was published before is left to settle. */
  settleAll(): Promise<void>
}

/** `settle`: a transaction that settles these and does nothing else. */
export function createSettledItems<Item>(settle: (items: readonly Item[]) => Promise<void>): SettledItems<Item> {
  let waiting: Item[] = []
  /**
   * The last transaction that included settled items: until it has committed, they are not settled.
   */
  let settling: Promise<unknown> = Promise.resolve()
  const include = async <T>(transaction: (items: readonly Item[]) => Promise<T>): Promise<T> => {
    const batch = waiting
    waiting = []
    const working = transaction(batch)
    if (batch.length > 0) {
      settling = working
      settling.catch(() => undefined)
    }
    try {
      return await working
    } catch (error) {
      waiting = batch.concat(waiting)
      if (settling === working) settling = Promise.resolve()
      throw error
    }
  }
  return {
    add: (items) => {
      waiting.push(...items)
    },
    include,
    settleAll: async () => {
      await settling
      if (waiting.length > 0) await include(settle)
      await settling
    },
  }
}
