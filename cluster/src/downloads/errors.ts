// Why was something not downloaded? The caller builds it instead, and says why.

export type DownloadReason = 'Unreachable' | 'NotFound' | 'WrongSum' | 'TooSlow' | 'Interrupted' | 'BadArchive'

export class DownloadFailed extends Error {
  override readonly name = 'DownloadFailed'
  readonly reason: DownloadReason
  readonly retry = false

  constructor(reason: DownloadReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}
