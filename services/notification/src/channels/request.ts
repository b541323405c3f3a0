// How is a provider called over HTTP? With a time-out, without redirects, and with a bounded part
// of its answer.
import { MessageRefusedError } from './refusal.ts'
import type { RefusalReason } from './refusal.ts'

export interface ProviderRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array<ArrayBuffer>
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

const longestAnswer = 4_096

/**
 * POST. No answer in time says nothing about the message, which may have been delivered. @throws
 * MessageRefusedError
 */
export async function post(
  { url, headers, body, timeoutMs, signal }: ProviderRequest,
  reason: RefusalReason,
): Promise<{ readonly status: number; readonly text: string }> {
  const timeout = AbortSignal.timeout(timeoutMs)
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
    const { message } =
      cause instanceof Error ? (cause.cause instanceof Error ? cause.cause : cause) : new Error(String(cause))
    throw new MessageRefusedError(reason, message, { retry: true, outage: true }, { cause })
  }
}

/** An answer that cannot be read to its end does not change what its status has said. */
async function answerOf(response: Response): Promise<string> {
  if (!response.ok) return firstOf(response).catch(() => '')
  // Read all the same: only then is the connection free for the next message.
  response.arrayBuffer().catch(() => undefined)
  return ''
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
