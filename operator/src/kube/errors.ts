// What can go wrong between the operator and the API server, and is a retry worth it?
export { ApiError, ConnectionError, isConflict, isNotFound } from '@orderpipeline/kube'

/** This process no longer holds the lease, so it must not write. */
export class NotLeaderError extends Error {
  override readonly name = 'NotLeaderError'
  readonly reason = 'NotLeader'
  readonly retry = true

  constructor() {
    super('the lease is no longer held, the write is cancelled')
  }
}

/**
 * A watch said something that cannot be followed: an error event, garbage, or nothing for too long.
 */
export class WatchError extends Error {
  override readonly name = 'WatchError'
  readonly reason: 'expired' | 'error' | 'garbage' | 'inactive'

  constructor(reason: WatchError['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}
