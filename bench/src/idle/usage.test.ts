import { describe, expect, it } from 'vitest'
import { partOf, percentBetween } from './usage.ts'

function commandLine(...words: string[]): string {
  return words.join('\0')
}

describe('the program of a process', () => {
  it('is Kafka, PostgreSQL, or a program of the services image, and otherwise dev', () => {
    expect(partOf(commandLine('/usr/bin/java', '-Xmx512m', 'kafka.Kafka', 'server.properties'))).toBe('Kafka')
    expect(partOf('postgres: shop shop 127.0.0.1(4711) idle')).toBe('PostgreSQL')
    expect(partOf(commandLine('/x/bin/postgres', '-D', '/data'))).toBe('PostgreSQL')
    expect(partOf(commandLine('node', '/x/services/app/payment-provider.mjs'))).toBe('payment-provider')
    expect(partOf(commandLine('node', 'cli/src/main.ts', 'dev'))).toBe('dev')
  })

  it('uses percent of one core, also for parts that started in between', () => {
    const percent = percentBetween(new Map([['Kafka', 2]]), new Map(Object.entries({ Kafka: 5, orders: 1 })), 10)
    expect(Object.fromEntries(percent)).toEqual({ Kafka: 30, orders: 10 })
  })
})
