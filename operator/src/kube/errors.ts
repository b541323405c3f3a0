// What can go wrong between the operator and the API server, and is a retry worth it?

/**
 * The API server answered with an error. `reason` is its own word, such as Conflict, Invalid or
 * NotFound.
 */
export class ApiError extends Error {
  readonly code: number
  readonly reason: string
  readonly retry: boolean
  readonly retryAfterSeconds: number | undefined

  constructor(code: number, reason: string, message: string, retryAfterSeconds?: number) {
    super(message)
    this.name = 'ApiError'
    this.code = code
    this.reason = reason
    // 400, 403, 404 and 422 may be cured by a change elsewhere, so they come back too, only later.
    this.retry = code === 409 || code === 429 || code >= 500
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The API server did not answer: refused, reset, or too late. */
export class ConnectionError extends Error {
  readonly reason: 'Timeout' | 'Connection'
  readonly retry = true

  constructor(reason: 'Timeout' | 'Connection', message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ConnectionError'
    this.reason = reason
  }
}

/** This process no longer holds the lease, so it must not write. */
export class NotLeaderError extends Error {
  readonly reason = 'NotLeader'
  readonly retry = true

  constructor() {
    super('the lease is no longer held, the write is cancelled')
    this.name = 'NotLeaderError'
  }
}

/**
 * A watch said something that cannot be followed: an error event, garbage, or nothing for too long.
 */
export class WatchError extends Error {
  readonly reason: 'expired' | 'error' | 'garbage' | 'inactive'

  constructor(reason: WatchError['reason'], message: string) {
    super(message)
    this.name = 'WatchError'
    this.reason = reason
  }
}

export const isNotFound = (error: unknown): boolean => error instanceof ApiError && error.code === 404
export const isConflict = (error: unknown): boolean => error instanceof ApiError && error.code === 409
