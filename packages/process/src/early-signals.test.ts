// Does a program that is process 1, and still starts, end on a signal? In a PID namespace of its
// own, as in a container.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, expect, test } from 'vitest'

const children: ReturnType<typeof start>[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

function start(program: string) {
  const isRoot = process.getuid?.() === 0
  const namespace = [...(isRoot ? [] : ['--user', '--map-root-user']), '--pid', '--fork', '--kill-child']
  const node = [process.execPath, '--input-type=module', '--eval', program]
  return spawn('unshare', [...namespace, ...node], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Waits for the program's first line, and sends the signal to process 1 of its namespace. */
async function exitCodeAfter(signal: NodeJS.Signals, program: string): Promise<number> {
  const child = start(program)
  children.push(child)
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  expect(line).toBe('process 1')
  const inside = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim())
  process.kill(inside, signal)
  const [code] = (await once(child, 'exit')) as [number]
  return code
}

function module(file: string): string {
  return JSON.stringify(join(import.meta.dirname, file))
}

const starting = `
  import ${module('early-signals.ts')}
  console.log('process', process.pid)
  setTimeout(() => process.exit(9), 20_000)`
const draining = `
  import { drainOnSignals } from ${module('drain.ts')}
  const logger = { info: () => {}, error: () => {} }
  drainOnSignals([{ name: 'part', close: () => process.exitCode = 0 }], { graceMs: 10_000, logger })
  console.log('process', process.pid)
  setTimeout(() => process.exit(9), 20_000)`

test.runIf(process.platform === 'linux')('a program that starts as process 1 ends on a signal', async () => {
  expect(await exitCodeAfter('SIGTERM', starting)).toBe(143)
  expect(await exitCodeAfter('SIGINT', starting)).toBe(130)
})

test.runIf(process.platform === 'linux')('one that drains is left to it', async () => {
  expect(await exitCodeAfter('SIGTERM', draining)).toBe(0)
})
