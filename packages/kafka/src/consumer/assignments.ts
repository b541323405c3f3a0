// Whose offsets may be committed, and when? Those of the current assignment, shortly after its
// messages are done.
//
// An assignment lasts from one rebalance to the next. To commit an offset of an earlier assignment
// could set a partition back that another replica has taken further, and leave a lag that no
// replica works off. So messages that finish late are left to redelivery.
import { errorOf } from '../client/failure.ts'
import { createOffsetTracker } from './offset-tracker.ts'
import type { OffsetToCommit, OffsetTracker } from './offset-tracker.ts'

export interface Assignment {
  readonly tracker: OffsetTracker
  /** False from the moment the assignment is about to be revoked. */
  readonly open: boolean
  /**
   * Aborts at that moment, and when the replica drains: a message that only waits for its next try
   * is then left to the next owner of its partition.
   */
  readonly ending: AbortSignal
  readonly partitionCount: number
  owns(topic: string, partition: number): boolean
}

export interface AssignmentsOptions {
  readonly everyMs: number
  /** Those of a stage with lanes, the highest first. */
  readonly classes?: readonly string[] | undefined
  readonly draining: AbortSignal
  /**
   * Called before offsets are committed, so that nothing is left to tidy up once a message cannot
   * come again.
   */
  readonly settle: () => Promise<void>
  readonly commit: (offsets: readonly OffsetToCommit[]) => Promise<void>
  readonly onError: (error: Error) => void
}

export interface Assignments {
  readonly current: Assignment
  begin(partitions: Readonly<Record<string, readonly number[]>>): void
  /** The last chance of the current assignment to commit; taken at once. */
  end(): void
  /** A message of this assignment is done: commit soon. */
  scheduleCommit(assignment: Assignment): void
  flush(): Promise<void>
}

export function createAssignments(options: AssignmentsOptions): Assignments {
  const { classes, draining } = options
  let current = assignmentOf({}, draining, classes)
  let timer: NodeJS.Timeout | undefined
  let flushing: Promise<void> = Promise.resolve()

  const commitNow = async (assignment: Assignment, offsets: readonly OffsetToCommit[]): Promise<void> => {
    if (assignment !== current || offsets.length === 0) return
    await options.commit(offsets)
    assignment.tracker.committed(offsets)
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
    const assignment = current
    flushing = flushing.then(() =>
      attempt(async () => {
        // Read first: what is done meanwhile is not settled yet, and is committed next time.
        const offsets = assignment.tracker.committable()
        await options.settle()
        // While the group is joined again, a commit would wait behind the join and then be refused.
        if (assignment.open) await commitNow(assignment, offsets)
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
      current = assignmentOf(partitions, draining, classes)
    },
    end: () => {
      current.close()
      const assignment = current
      void commitNow(assignment, assignment.tracker.committable()).catch(() => undefined)
      // After the commit and not before: a commit that waits for the database would come behind the
      // join, and be refused.
      void flush()
    },
    scheduleCommit: (assignment) => {
      if (assignment === current && assignment.open) schedule(options.everyMs)
    },
    flush,
  }
}

function assignmentOf(
  partitions: Readonly<Record<string, readonly number[]>>,
  draining: AbortSignal,
  classes?: readonly string[],
): Assignment & { close(): void } {
  const revocation = new AbortController()
  return {
    tracker: createOffsetTracker(classes),
    get open() {
      return !revocation.signal.aborted
    },
    ending: AbortSignal.any([revocation.signal, draining]),
    close: () => revocation.abort(),
    partitionCount: Object.values(partitions).flat().length,
    owns: (topic, partition) => partitions[topic]?.includes(partition) ?? false,
  }
}
