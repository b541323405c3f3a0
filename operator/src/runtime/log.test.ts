import { createLogger } from '@orderpipeline/process'
import type { Logger } from 'pino'
import { describe, expect, it } from 'vitest'
import { logger } from './log.ts'

function lineOf(
  loggerTo: (destination: { write: (line: string) => void }) => Logger,
  log: (to: Logger) => void,
): Record<string, unknown> {
  const lines: string[] = []
  log(loggerTo({ write: (line) => void lines.push(line) }))
  return JSON.parse(lines.join('')) as Record<string, unknown>
}
function operators(destination: { write: (line: string) => void }) {
  return logger({ destination })
}

describe('a line of the operator’s log', () => {
  it('has the fields of the services’ logs, so that one query finds both', () => {
    const failed = (to: Logger): void => to.warn({ error: new Error('no') }, 'it failed')
    const own = lineOf(operators, failed)
    const services = lineOf((destination) => createLogger({ service: 'orders', destination }), failed)
    expect(Object.keys(own)).toEqual(Object.keys(services))
    expect(own).toMatchObject({ level: 'warn', service: 'orderpipeline-operator', message: 'it failed' })
    expect(own['time']).toMatch(/^\d{4}-\d\d-\d\dT/)
  })

  it('has the reason of a known error, without its stack', () => {
    const error = Object.assign(new Error('no answer'), { name: 'ConnectionError', reason: 'Timeout' })
    const line = lineOf(operators, (to) => to.warn({ error }, 'it failed'))
    expect(line['error']).toEqual({ type: 'ConnectionError', reason: 'Timeout', message: 'no answer' })
  })
})
