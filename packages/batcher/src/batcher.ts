// How do many callers share one commit without waiting for each other when idle? What arrives while
// a commit is under way is gathered into the next one; with none under way it starts at once. So
// batches grow with load and latency does not.

export class BatcherFullError extends Error {
  override readonly name = 'BatcherFullError'
  readonly reason = 'QueueFull'
  readonly retry = true
}

export class BatcherClosedError extends Error {
  override readonly name = 'BatcherClosedError'
  readonly reason = 'Closing'
  readonly retry = true
}

export interface BatcherOptions<Item, Answer> {
  /**
   * Performs a batch and answers each item, in the order given. An Error in place of an answer
   * refuses that item alone; a rejection refuses the whole batch.
   */
  readonly perform: (batch: readonly Item[]) => Promise<readonly (Answer | Error)[]>
  readonly maxBatch: number
  /** Batches under way at once. */
  readonly maxInFlight: number
  /** Items waiting for a batch; one more is refused with BatcherFullError. */
  readonly maxWaiting: number
  /** Called with the size of each batch as it starts. */
  readonly onBatch?: (size: number) => void
}

export interface Batcher<Item, Answer> {
  /** @throws BatcherFullError, BatcherClosedError, or what `perform` gave for this item. */
  add(item: Item): Promise<Answer>
  /** Takes no further items; resolves when all items taken are answered. */
  close(): Promise<void>
  readonly waiting: number
  readonly inFlight: number
}

interface Entry<Item, Answer> {
  readonly item: Item
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

export function createBatcher<Item, Answer>(options: BatcherOptions<Item, Answer>): Batcher<Item, Answer> {
  let waiting: Entry<Item, Answer>[] = []
  let inFlight = 0
  let scheduled = false
  let idle: (() => void)[] | undefined

  const schedule = (): void => {
    if (scheduled || waiting.length === 0 || inFlight >= options.maxInFlight) return
    scheduled = true
    // Not before the rest of this turn of the event loop: requests read from the network together
    // travel together.
    setImmediate(() => {
      scheduled = false
      while (waiting.length > 0 && inFlight < options.maxInFlight) void run(takeBatch())
    })
  }
  const takeBatch = (): Entry<Item, Answer>[] => {
    const batch = waiting.slice(0, options.maxBatch)
    waiting = waiting.slice(options.maxBatch)
    return batch
  }
  const run = async (batch: readonly Entry<Item, Answer>[]): Promise<void> => {
    inFlight++
    options.onBatch?.(batch.length)
    try {
      const answers = await options.perform(batch.map((entry) => entry.item))
      settleAll(batch, answers)
    } catch (error) {
      rejectAll(batch, error)
    } finally {
      inFlight--
      if (idle && inFlight === 0 && waiting.length === 0) for (const resolve of idle) resolve()
      schedule()
    }
  }

  return {
    add: (item) => {
      if (idle) return Promise.reject(new BatcherClosedError('closing: no new item is accepted'))
      if (waiting.length >= options.maxWaiting)
        return Promise.reject(new BatcherFullError(`${waiting.length} items are already waiting`))
      return new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject })
        schedule()
      })
    },
    close: () =>
      new Promise((resolve) => {
        idle ??= []
        if (inFlight === 0 && waiting.length === 0) resolve()
        else idle.push(resolve)
      }),
    get waiting() {
      return waiting.length
    },
    get inFlight() {
      return inFlight
    },
  }
}

function settleAll<Item, Answer>(batch: readonly Entry<Item, Answer>[], answers: readonly (Answer | Error)[]): void {
  for (const [index, entry] of batch.entries()) {
    if (index >= answers.length) entry.reject(new Error(`no answer for item ${index} of ${batch.length}`))
    else settle(entry, answers[index] as Answer | Error)
  }
}

function rejectAll<Item, Answer>(batch: readonly Entry<Item, Answer>[], error: unknown): void {
  const cause = error instanceof Error ? error : new Error(String(error))
  for (const entry of batch) entry.reject(cause)
}

function settle<Item, Answer>(entry: Entry<Item, Answer>, answer: Answer | Error): void {
  if (answer instanceof Error) entry.reject(answer)
  else entry.resolve(answer)
}
