// Is a process told apart from a later one with its number, also where there is no /proc?
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { entryFromPs, identify, isAlive, isSame } from './pid.ts'

async function sleeper(): Promise<number> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child, 'spawn')
  return child.pid ?? 0
}

it('a process is the same until it ends, and not one with its number that started at another time', async () => {
  const pid = await sleeper()
  const identity = identify(pid)
  expect(identity.startedAt).toBeTruthy()
  expect(isSame(identity)).toBe(true)
  expect(isSame({ pid, startedAt: 'another time' })).toBe(false)
})

it('ps prints the state and the time of the start, in the same words each time and in no time zone', async () => {
  const pid = await sleeper()
  const entry = entryFromPs(pid)
  expect(entry?.state).toMatch(/^[A-Z]$/)
  expect(Math.abs(Date.parse(`${entry?.startedAt} UTC`) - Date.now())).toBeLessThan(600_000)
  expect(entryFromPs(pid)?.startedAt).toBe(entry?.startedAt)
})

it('ps says of a zombie that it is one, and nothing of a process that is not there', async () => {
  const parent = spawn('sh', ['-c', 'sleep 1 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => void parent.kill('SIGKILL'))
  const pid = await new Promise<number>((resolve) => parent.stdout.once('data', (text) => resolve(Number(text))))
  await expect.poll(() => entryFromPs(pid)?.state, { timeout: 20_000 }).toBe('Z')
  expect(isAlive(pid)).toBe(false)
  expect(entryFromPs(4_000_000_000)).toBeUndefined()
})
