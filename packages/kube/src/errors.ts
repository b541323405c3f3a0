// What can go wrong between a program and the API server, and is a retry worth it?

/**
 * The API server answered with an error. `reason` is its own word, such as Conflict, Invalid or
 * NotFound.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: number
  readonly reason: string
  readonly retry: boolean
  readonly retryAfterSeconds: number | undefined

  constructor(code: number, reason: string, message: string, retryAfterSeconds?: number) {
    super(message)
    this.code = code
    this.reason = reason
    // 400, 403, 404 and 422 may be cured by a change elsewhere, so they come back too, only later.
    this.retry = code === 409 || code === 429 || code >= 500
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The API server did not answer: refused, reset, or too late. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly reason: 'Timeout' | 'Connection'
  readonly retry = true

  constructor(reason: 'Timeout' | 'Connection', message: string, cause?: unknown) {
    super(message, { cause })
    this.reason = reason
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.code === 404
}
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.code === 409
}
