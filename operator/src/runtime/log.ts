// How does the operator log? As the services do; an error whose reason is known needs no stack.
import { createLogger } from '@orderpipeline/process'
import type { Logger, LoggerOptions } from '@orderpipeline/process'
import { stdSerializers } from 'pino'

export function logger(options: Pick<LoggerOptions, 'level' | 'destination'>): Logger {
  return createLogger({ ...options, service: 'orderpipeline-operator', serializeError })
}

function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  if (!('reason' in error)) return stdSerializers.errWithCause(error)
  return { type: error.name, reason: error.reason, message: error.message }
}
