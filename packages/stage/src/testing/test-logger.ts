// What does a service under test log? Warnings and worse, which are shown where its test fails.
import { createLogger } from '@orderpipeline/process'
import type { Logger } from '@orderpipeline/process'
import { keepLine } from './test-log.ts'

export function testLogger(service = 'test'): Logger {
  return createLogger({ service, level: 'warn', destination: { write: keepLine } })
}
