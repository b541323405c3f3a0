// How is a payment provider called over HTTP, so that nothing is waited for without end, followed
// or read without bound? By node:http, whose connections stay open from call to call.
import { request as requestByHttp } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { request as requestByHttps } from 'node:https'
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
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** There are proxies that refuse a call without the first two. An answer is read as it comes. */
const usualHeaders = { accept: '*/*', 'user-agent': 'node', 'accept-encoding': 'identity' }

/**
 * Redirects are never followed: the key and the credentials are for this server only. The status
 * says what is wrong. @throws ProviderError: `Busy` where the signal timed out, `Unreachable` where
 * there is no connection
 */
export async function callOverHttp(endpoint: URL, request: HttpRequest): Promise<HttpAnswer> {
  const { signal } = request
  try {
    return await exchange(endpoint, request)
  } catch (error) {
    if (error instanceof ProviderError) throw error
    // A connection that we have ended ourselves fails in several ways.
    const cause: unknown = signal.aborted ? signal.reason : error
    const reason = cause instanceof Error && cause.name === 'TimeoutError' ? 'Busy' : 'Unreachable'
    throw new ProviderError(reason, messageOf(cause), { cause })
  }
}

function exchange(
  endpoint: URL,
  { method, headers, body, signal, maxBytes = 64 * 1_024 }: HttpRequest,
): Promise<HttpAnswer> {
  const send = endpoint.protocol === 'https:' ? requestByHttps : requestByHttp
  return new Promise((resolve, reject) => {
    let isWhole = false
    const call = send(endpoint, { method, headers: { ...usualHeaders, ...headers }, signal }, (answer) => {
      const status = answer.statusCode ?? 0
      const pieces: Buffer[] = []
      let bytes = 0
      answer.on('data', (piece: Buffer) => {
        bytes += piece.length
        pieces.push(piece)
        if (bytes <= maxBytes) return
        reject(new ProviderError('Misconfigured', `answered ${status} with more than ${maxBytes} bytes`))
        call.destroy()
      })
      answer.on('end', () => {
        isWhole = true
        resolve({ status, headers: answer.headers, body: Buffer.concat(pieces).toString() })
      })
      answer.on('error', reject)
    })
    call.on('error', reject)
    call.on('close', () => {
      if (!isWhole) reject(new Error('the connection was closed before the end of the answer'))
    })
    call.end(body)
  })
}

/** A connection that fails at each of several addresses has a code and no message. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  return error.message === '' && code !== undefined ? code : error.message
}
