// How many of the waiting messages can replicas take? A partition is read by one replica, so of a
// hot partition no more than that replica has room for: its other messages wait for it alone, and
// more replicas do not help them.

/** As many of a partition's messages as a replica handles at once, and as many that follow. */
const roomFactor = 2
/** Part of the replicas' room that must be filled for all of them to be busy. */
const busyShare = 0.75

/** `lags`: by partition; `concurrency`: messages that a replica handles at once. */
export function usableLag(lags: readonly number[], concurrency: number): number {
  return lags.reduce((sum, lag) => sum + Math.min(lag, roomFactor * concurrency), 0)
}

/** The usable lag with which every one of these replicas has messages of its own. */
export function leastUsableLag(replicas: number, concurrency: number): number {
  return busyShare * roomFactor * replicas * concurrency
}

/** Replicas that a backlog can keep busy, where `inFlight` messages are in work already. */
export function backlogReplicas(usable: number, inFlight: number, concurrency: number): number {
  return Math.max(1, (usable - inFlight) / concurrency)
}
