// How is a payment provider called over HTTP, so that nothing is waited for without end, followed
// or read without bound?
import { ProviderError } from './provider-error.ts'

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  readonly signal: AbortSignal
  /** The largest answer; default 64 KiB. */
  readonly maxBytes?: number
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/**
 * @throws ProviderError: `Busy` where the signal timed out, `Unreachable` where there is no
 * connection
 */
export async function callOverHttp(
  endpoint: URL,
  { maxBytes = 64 * 1_024, ...request }: HttpRequest,
): Promise<HttpAnswer> {
  const { method, headers, body, signal } = request
  try {
    const response = await fetch(endpoint, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      // Redirects are never followed: the key and the credentials are for this server only. The
      // status says what is wrong.
      redirect: 'manual',
      signal,
    })
    return { status: response.status, headers: response.headers, body: await boundedBody(response, maxBytes) }
  } catch (cause) {
    if (cause instanceof ProviderError) throw cause
    const reason = cause instanceof Error && cause.name === 'TimeoutError' ? 'Busy' : 'Unreachable'
    throw new ProviderError(reason, messageOf(cause), { cause })
  }
}

async function boundedBody({ status, body }: Response, maxBytes: number): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += piece.byteLength
    // Leaving the loop cancels what is still on its way.
    if (bytes > maxBytes)
      throw new ProviderError('Misconfigured', `answered ${status} with more than ${maxBytes} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString()
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
