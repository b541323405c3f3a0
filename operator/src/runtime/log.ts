// How does the operator speak? JSON lines on standard output; an error we know the reason of needs
// no stack.
import { pino, stdSerializers, type Logger } from 'pino'

export const logger = (level: string): Logger =>
  pino({ level, base: { service: 'orderpipeline-operator' }, serializers: { error: errorFields } })

const errorFields = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error
  if (!('reason' in error)) return stdSerializers.errWithCause(error)
  return { type: error.name, reason: error.reason, message: error.message }
}
