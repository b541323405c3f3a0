// How does a process log? JSON lines on standard output, one object each, with the service's name,
// and never a secret in them.
import { pino } from 'pino'
import type { DestinationStream, Logger } from 'pino'

export type { Logger } from 'pino'
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

export interface LoggerOptions {
  /** Name of the service or stage, on every line. */
  readonly service: string
  readonly level?: LogLevel
  /** Further fields on every line, such as the pipeline's name. */
  readonly fields?: Readonly<Record<string, string>>
  /** What is logged of an error; by default its type, message, causes and stack. */
  readonly serializeError?: (error: unknown) => unknown
  /** The destination of the lines; by default standard output. */
  readonly destination?: DestinationStream
}

const secretFields = ['password', 'authorization', 'cookie', 'token', 'secret', 'databaseUrl', 'connectionString']

export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level ?? 'info',
      base: { service: options.service, ...options.fields },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'message',
      errorKey: 'error',
      formatters: { level: (label) => ({ level: label }) },
      ...(options.serializeError && { serializers: { error: options.serializeError } }),
      redact: {
        paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: '[redacted]',
      },
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  )
}

/** For tests and programs that must not write. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' })
}
