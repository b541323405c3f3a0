import { expect, test } from 'vitest'
import { z } from 'zod'
import { ConfigError, readConfig } from './read-config.ts'
import { variables } from './variables.ts'

const schema = z.object({
  HTTP_PORT: variables.port().default(8080),
  DATABASE_URL: variables.url(['postgres', 'postgresql']),
  KAFKA_EMIT_TOPICS: variables.list().default([]),
  LOG_LEVEL: variables.logLevel().default('info'),
  RATE: variables.number(0, 1).default(0),
})

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(schema, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

test('reads the given variables and fills in defaults', () => {
  const config = readConfig(schema, { DATABASE_URL: 'postgres://u:p@h/d', KAFKA_EMIT_TOPICS: 'a, b,', RATE: '0.25' })
  expect(config).toEqual({
    HTTP_PORT: 8080,
    DATABASE_URL: 'postgres://u:p@h/d',
    KAFKA_EMIT_TOPICS: ['a', 'b'],
    LOG_LEVEL: 'info',
    RATE: 0.25,
  })
  expect(Object.isFrozen(config)).toBe(true)
})

test('listens on every address unless one is configured', () => {
  const listen = z.object({ LISTEN_ADDRESS: variables.listenAddress() })
  expect(readConfig(listen, {})).toEqual({ LISTEN_ADDRESS: '0.0.0.0' })
  expect(readConfig(listen, { LISTEN_ADDRESS: '127.0.0.1' })).toEqual({ LISTEN_ADDRESS: '127.0.0.1' })
  expect(readConfig(listen, { LISTEN_ADDRESS: '::1' })).toEqual({ LISTEN_ADDRESS: '::1' })
  expect(() => readConfig(listen, { LISTEN_ADDRESS: 'localhost' })).toThrow(
    'LISTEN_ADDRESS: found "localhost"; allowed: an address of this machine, such as 0.0.0.0 for all or 127.0.0.1',
  )
})

test('an empty variable counts as not set', () => {
  expect(readConfig(schema, { DATABASE_URL: 'postgres://h/d', HTTP_PORT: '', KAFKA_EMIT_TOPICS: ' ' })).toMatchObject({
    HTTP_PORT: 8080,
    KAFKA_EMIT_TOPICS: [],
  })
})

test('names every wrong variable, found and allowed value, one line each', () => {
  expect(problemsOf({ HTTP_PORT: '80a', LOG_LEVEL: 'loud', RATE: '2' })).toEqual([
    'HTTP_PORT: found "80a"; allowed: a whole number from 0 to 65535',
    'DATABASE_URL: found nothing; allowed: a URL starting with postgres:// or postgresql://',
    'LOG_LEVEL: found "loud"; allowed: one of trace, debug, info, warn, error, fatal, silent',
    'RATE: found "2"; allowed: a number from 0 to 1',
  ])
})

test('never shows the value of a secret', () => {
  const [problem] = problemsOf({ DATABASE_URL: 'mysql://user:hunter2@host' })
  expect(problem).toContain('DATABASE_URL: found a value of 25 characters (not shown)')
  expect(problem).not.toContain('hunter2')
})
