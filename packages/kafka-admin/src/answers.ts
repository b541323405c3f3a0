// What does an error code or an id in one of Kafka's answers mean? Pure.
import { protocolErrors, protocolErrorsCodesById } from '@platformatic/kafka'
import type { Outcome, TopicError } from './outcome.ts'

export const unknownTopic = 'UNKNOWN_TOPIC_OR_PARTITION'
export const unknownTopicId = 'UNKNOWN_TOPIC_ID'

export function outcomeOf(errorCode: number, message: string | null | undefined): Outcome<void> {
  return errorCode === 0 ? { ok: true, value: undefined } : failure(errorCode, message)
}

export function failure(
  errorCode: number,
  message: string | null | undefined,
): { readonly ok: false; readonly error: TopicError } {
  const code = codeOf(errorCode)
  const definition = (protocolErrors as Record<string, { message: string; canRetry: boolean } | undefined>)[code]
  const text = message ?? definition?.message ?? code
  return {
    ok: false,
    error: { code, message: text, transient: isTransient(code, text, definition?.canRetry ?? false) },
  }
}

function isTransient(code: string, message: string, canRetry: boolean): boolean {
  // Created meanwhile, or the broker that was asked does not know it yet.
  if (code === 'TOPIC_ALREADY_EXISTS') return true
  // A broker that has just been started takes no replicas for a moment.
  return canRetry || (code === 'INVALID_REPLICATION_FACTOR' && message.includes('fenced'))
}

export function codeOf(errorCode: number): string {
  return (protocolErrorsCodesById as Record<number, string | undefined>)[errorCode] ?? `error code ${errorCode}`
}

/** In the form of Kafka's own tools: base64 without padding. */
export function topicIdText(uuid: string): string {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url')
}

/** In the form of the protocol's requests. */
export function topicUuid(id: string): string {
  const hex = Buffer.from(id, 'base64url').toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
