// How often is a group that waits for a lock tried together before it is halved? Halving finds the
// one message whose lock is held for long. It does harm where all transactions queue for a row that
// all need: a part waits in that queue as long as the whole, for fewer messages, so more groups
// queue and the wait gets longer. The time of transactions that go through tells the two apart: in
// a queue they have waited, too.

export interface LockPatience {
  /** Tries of a group, the first one included; `suspected`: of a part of one that was halved. */
  tries(suspected: boolean): number
  /** A transaction waited in vain for so long. */
  stalled(ms: number): void
  /** A transaction took so long, and went through. */
  wentThrough(ms: number): void
}

/** Without a sign of a queue, one message is found soon. */
const least = 2
/** With a lock_timeout of 5 s, and a pause of 1 s in between, three quarters of a minute. */
const most = 8
/** Share of a wait in vain: a transaction that takes less has hardly queued. */
const queueingShare = 0.25

export function createLockPatience(): LockPatience {
  let patience = least
  let inVainMs = Infinity
  return {
    tries: (suspected) => (suspected ? patience >> 1 : patience),
    stalled: (ms) => {
      inVainMs = ms
    },
    wentThrough: (ms) => {
      patience = ms >= queueingShare * inVainMs ? Math.min(most, 2 * patience) : Math.max(least, patience - 1)
    },
  }
}
