// How is a provider called over HTTP? With a time-out, without redirects, and with a bounded part
// of its answer.
import { MessageRefusedError, unanswered } from './refusal.ts'
import type { RefusalReason, Verdict } from './refusal.ts'

export interface ProviderRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array<ArrayBuffer>
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

const longestAnswer = 4_096
const outage: Verdict = { retry: true, outage: true }

/**
 * POST. Without a connection the message was not delivered; after that, no answer leaves it open.
 * @throws MessageRefusedError
 */
export async function post(
  { url, headers, body, timeoutMs, signal }: ProviderRequest,
  reason: RefusalReason,
): Promise<{ readonly status: number; readonly text: string }> {
  if (signal?.aborted) throw new MessageRefusedError(reason, 'the replica stops', outage)
  const timeout = AbortSignal.timeout(Math.ceil(timeoutMs))
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
    })
    return { status: response.status, text: await answerOf(response) }
  } catch (cause) {
    const error = cause instanceof Error ? (cause.cause instanceof Error ? cause.cause : cause) : undefined
    const verdict = isBeforeRequest(error) ? outage : unanswered
    throw new MessageRefusedError(reason, textOf(error) ?? String(cause), verdict, { cause })
  }
}

/**
 * Codes of failures to connect, of the system, of TLS and of fetch. A time-out of this request that
 * is shorter than that of a connection (10 s) does not tell the two apart.
 */
const beforeRequest = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EMFILE'],
  ...['UND_ERR_CONNECT_TIMEOUT', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  'SELF_SIGNED_CERT_IN_CHAIN',
])

/** Several addresses of one host fail together, without a message. */
function textOf(error: Error | undefined): string | undefined {
  if (error?.message !== '') return error?.message
  return 'code' in error ? String(error.code) : error.name
}

function isBeforeRequest(error: Error | undefined): boolean {
  // The failures of each address of a host to connect.
  if (error instanceof AggregateError) return true
  const code = error && 'code' in error ? error.code : undefined
  const syscall = error && 'syscall' in error ? error.syscall : undefined
  if (typeof code !== 'string') return false
  return beforeRequest.has(code) || /^(ERR_TLS|ERR_SSL|UNABLE_TO)_/.test(code) || syscall === 'connect'
}

/** An answer that cannot be read to its end does not change what its status has said. */
async function answerOf(response: Response): Promise<string> {
  const text = firstOf(response).catch(() => '')
  // Read even if it does not count: only then is the connection free for the next message.
  return response.ok ? '' : text
}

async function firstOf(response: Response): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  if (!response.body) return text
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length >= longestAnswer) break
  }
  return text.slice(0, longestAnswer)
}
