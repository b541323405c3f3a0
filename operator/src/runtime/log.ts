// How does the operator speak? JSON lines on standard output, in the shape that the services log
// in; an error whose reason is known needs no stack.
import { type DestinationStream, pino, stdSerializers, stdTimeFunctions, type Logger } from 'pino'

export const logger = (level: string, destination: DestinationStream = pino.destination(1)): Logger =>
  pino(
    {
      level,
      base: { service: 'orderpipeline-operator' },
      timestamp: stdTimeFunctions.isoTime,
      messageKey: 'message',
      errorKey: 'error',
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: errorFields },
    },
    destination,
  )

const errorFields = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error
  if (!('reason' in error)) return stdSerializers.errWithCause(error)
  return { type: error.name, reason: error.reason, message: error.message }
}
