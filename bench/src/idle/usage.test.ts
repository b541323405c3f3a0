import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { costsBetween, partOf, usageBelow } from './usage.ts'

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

  it('uses percent of one core, the largest first, also for parts that started in between', () => {
    const before = new Map([['orders', { seconds: 2, processes: 1 }]])
    const after = new Map([
      ['orders', { seconds: 3, processes: 2 }],
      ['Kafka', { seconds: 5, processes: 1 }],
    ])
    expect(costsBetween(before, after, 10)).toEqual([
      { part: 'Kafka', processes: 1, percent: 50 },
      { part: 'orders', processes: 2, percent: 10 },
    ])
  })

  it.runIf(process.platform === 'linux')('is read of every process below one, with the time it has used', async () => {
    const busy = 'for (const end = Date.now() + 200; Date.now() < end;);'
    const idle = 'console.log(1); setTimeout(() => {}, 60000)'
    const child = spawn(process.execPath, ['-e', `${busy}${idle}`], { stdio: ['ignore', 'pipe', 'ignore'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    const used = (await usageBelow(child.pid ?? 0)).get('dev')
    expect(used?.processes).toBe(1)
    expect(used?.seconds).toBeGreaterThan(0.01)
    expect((await usageBelow(process.pid)).get('dev')?.processes).toBeGreaterThan(1)
  })
})
