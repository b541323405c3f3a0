import { expect, test } from 'vitest'
import { createLogger } from './logger.ts'

test('writes log lines as JSON with the service name and without secrets', () => {
  const lines: string[] = []
  const logger = createLogger({ service: 'orders', destination: { write: (line) => void lines.push(line) } })
  logger.info({ headers: { authorization: 'Bearer x' } }, 'hello')
  logger.debug('not at this level')
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({
      level: 'info',
      service: 'orders',
      message: 'hello',
      headers: { authorization: '[redacted]' },
    }),
  ])
})

test('logs an error with its stack, or with the program’s own serializer', () => {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const serializeError = (error: unknown): unknown => (error instanceof Error ? error.name : error)
  createLogger({ service: 'orders', destination }).info({ error: new TypeError('no') }, 'failed')
  createLogger({ service: 'orders', destination, serializeError }).info({ error: new TypeError('no') }, 'failed')
  const [usual, own] = lines.map((line) => (JSON.parse(line) as { error: unknown }).error)
  expect(usual).toMatchObject({ type: 'TypeError', message: 'no', stack: expect.any(String) as string })
  expect(own).toBe('TypeError')
})
