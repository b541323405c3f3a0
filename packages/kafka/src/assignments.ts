// Whose offsets may be committed, and when? Those of the present assignment, a little after work on
// them has moved on.
//
// An epoch lasts from one assignment to the next. Committing an offset of an earlier one could set
// a partition back that another replica has taken further, and leave a lag that nobody works off;
// so what ends late is left to redelivery.
import { errorOf } from './failure.ts'
import { createOffsetTracker } from './offset-tracker.ts'
import type { OffsetToCommit, OffsetTracker } from './offset-tracker.ts'

export interface Assignment {
  readonly tracker: OffsetTracker
  /** False from the moment the assignment is about to change hands. */
  readonly open: boolean
  /**
   * Aborts at that moment, and when the replica drains: what only waits for a later try is
   * another's then.
   */
  readonly ending: AbortSignal
  owns(topic: string, partition: number): boolean
}

export interface AssignmentsOptions {
  readonly everyMs: number
  readonly draining: AbortSignal
  /**
   * Done before offsets are committed, so that nothing is left to tidy up once a message cannot
   * come again.
   */
  readonly settle: () => Promise<void>
  readonly commit: (offsets: readonly OffsetToCommit[]) => Promise<void>
  readonly onError: (error: Error) => void
}

export interface Assignments {
  readonly current: Assignment
  begin(partitions: Readonly<Record<string, readonly number[]>>): void
  /** The present one's last chance to commit, taken at once. */
  end(): void
  /** Something in this epoch is done: commit soon. */
  moved(epoch: Assignment): void
  flush(): Promise<void>
}

export function createAssignments(options: AssignmentsOptions): Assignments {
  let current = epochOf({}, options.draining)
  let timer: NodeJS.Timeout | undefined
  let flushing: Promise<void> = Promise.resolve()

  const commitNow = async (epoch: Assignment, offsets: readonly OffsetToCommit[]): Promise<void> => {
    if (epoch !== current || offsets.length === 0) return
    await options.commit(offsets)
    epoch.tracker.committed(offsets)
  }
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (thrown) {
      options.onError(errorOf(thrown))
      schedule(options.everyMs * 4)
    }
  }
  const flush = (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    const epoch = current
    flushing = flushing.then(() =>
      attempt(async () => {
        // Before: what is done meanwhile is not tidied up after, and is committed next time.
        const offsets = epoch.tracker.committable()
        await options.settle()
        // While the group is joined anew, a commit would wait behind the join and then be refused.
        if (epoch.open) await commitNow(epoch, offsets)
      }),
    )
    return flushing
  }
  const schedule = (ms: number): void => {
    timer ??= setTimeout(() => void flush(), ms)
  }

  return {
    get current() {
      return current
    },
    begin: (partitions) => {
      current.close()
      current = epochOf(partitions, options.draining)
    },
    end: () => {
      current.close()
      const epoch = current
      void commitNow(epoch, epoch.tracker.committable()).catch(() => undefined)
      // Right behind and not before: a commit that waits for the database would come behind the
      // join, and be refused.
      void flush()
    },
    moved: (epoch) => {
      if (epoch === current && epoch.open) schedule(options.everyMs)
    },
    flush,
  }
}

function epochOf(
  partitions: Readonly<Record<string, readonly number[]>>,
  draining: AbortSignal,
): Assignment & { close(): void } {
  const over = new AbortController()
  return {
    tracker: createOffsetTracker(),
    get open() {
      return !over.signal.aborted
    },
    ending: AbortSignal.any([over.signal, draining]),
    close: () => over.abort(),
    owns: (topic, partition) => partitions[topic]?.includes(partition) ?? false,
  }
}
