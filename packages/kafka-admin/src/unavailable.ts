// Why does Kafka not answer? It is said by a reason to act on, and by a sentence for a person;
// neither holds any part of a credential.
export type UnavailableReason = 'Unreachable' | 'AuthenticationFailed' | 'CertificateRefused' | 'VersionUnsupported'

/** Carries no cause: what lies below may hold what was sent to authenticate. */
export class KafkaUnavailableError extends Error {
  override readonly name = 'KafkaUnavailableError'
  readonly reason: UnavailableReason
  readonly retry = true

  constructor(reason: UnavailableReason, message: string) {
    super(message)
    this.reason = reason
  }
}

/** The error for a failed connection or request, whatever layer reported it. */
export function unavailable(server: string, error: unknown): KafkaUnavailableError {
  if (error instanceof KafkaUnavailableError) return error
  const chain = causes(error)
  const reason = reasonIn(chain)
  const messages = chain.map(textOf).filter((text) => text !== '')
  return new KafkaUnavailableError(reason, `${server}: ${messages.at(-1) ?? 'no answer'}`)
}

function reasonIn(chain: readonly unknown[]): UnavailableReason {
  if (chain.some((error) => codeOf(error) === 'PLT_KFK_AUTHENTICATION' || /^SASL_/.test(protocolCodeOf(error))))
    return 'AuthenticationFailed'
  return chain.some((error) => certificateCodes.test(codeOf(error))) ? 'CertificateRefused' : 'Unreachable'
}

const certificateCodes = /CERT|UNABLE_TO_(VERIFY|GET_ISSUER)|ERR_TLS|ERR_SSL|SELF_SIGNED/

/** From the outermost error to its first cause; of several causes at once the first. */
function causes(error: unknown): unknown[] {
  const chain: unknown[] = []
  for (let next = error; next !== undefined && next !== null && chain.length < 10; next = innerOf(next))
    chain.push(next)
  return chain
}

function innerOf(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return undefined
  if ('errors' in error && Array.isArray(error.errors) && error.errors.length > 0) return error.errors[0]
  return 'cause' in error ? error.cause : undefined
}

function codeOf(error: unknown): string {
  return textIn(error, 'code')
}
function protocolCodeOf(error: unknown): string {
  return textIn(error, 'apiId')
}
function textOf(error: unknown): string {
  return error instanceof Error ? error.message : ''
}

function textIn(error: unknown, key: string): string {
  if (typeof error !== 'object' || error === null || !(key in error)) return ''
  const value = (error as Record<string, unknown>)[key]
  return typeof value === 'string' ? value : ''
}
