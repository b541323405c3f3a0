// Why was something not downloaded? The caller builds it instead, and says why.

export type DownloadReason = 'Unreachable' | 'NotFound' | 'WrongSum' | 'TooSlow' | 'Interrupted' | 'BadArchive'

export class DownloadError extends Error {
  override readonly name = 'DownloadError'
  readonly reason: DownloadReason
  readonly retry = false

  constructor(reason: DownloadReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}
