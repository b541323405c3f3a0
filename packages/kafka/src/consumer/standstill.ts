// How long were a replica's partitions without a consumer because its group rebalanced? From their
// revocation to the first fetch of the new assignment. Pure.
//
// The first join is none: no partition of this replica waited for it. Nor is the time after the
// loss of a consumer, which is counted as such: another replica may have its partitions then.

export interface Standstill {
  /** The partitions are about to be revoked; the replica had some if `hadPartitions`. */
  revoke(hadPartitions: boolean): void
  /** A new assignment begins; one without partitions ends the standstill. */
  assign(hasPartitions: boolean): void
  /** A fetch begins. */
  fetch(): void
  /** The consumer is lost: a standstill that has begun ends. */
  cancel(): void
  /** The sum over all rebalances, the present one included. */
  seconds(): number
}

/** `clock`: milliseconds that never go back. */
export function createStandstill(clock: () => number): Standstill {
  let pastMs = 0
  let since: number | undefined
  let assigned = false
  const end = (): void => {
    if (since !== undefined) pastMs += clock() - since
    since = undefined
  }
  return {
    revoke: (hadPartitions) => {
      assigned = false
      if (hadPartitions) since ??= clock()
    },
    assign: (hasPartitions) => {
      assigned = true
      if (!hasPartitions) end()
    },
    fetch: () => {
      // Until it is assigned, a fetch belongs to the assignment that ends.
      if (assigned) end()
    },
    cancel: () => {
      end()
      assigned = false
    },
    seconds: () => (pastMs + (since === undefined ? 0 : clock() - since)) / 1_000,
  }
}
