import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { memoryBelow, ownBytes, privateBytes } from './memory.ts'

it('is what a process has for itself, clean and dirty, without what it shares', () => {
  const smaps =
    'Rss: 90000 kB\nPss: 50000 kB\nShared_Clean: 40000 kB\nPrivate_Clean:      100 kB\nPrivate_Dirty:     2000 kB\n'
  expect(privateBytes(smaps)).toBe(2_100 * 1024)
})

it.runIf(process.platform === 'linux')('is read of every process below one, the largest first', async () => {
  const child = spawn(
    process.execPath,
    ['-e', 'globalThis.all = Buffer.alloc(96e6, 1); console.log(1); setTimeout(() => {}, 60000)'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  const own = (await ownBytes(child.pid ?? 0)) ?? 0
  expect(own).toBeGreaterThan(96e6)
  expect(own).toBeLessThan(96e6 + 70e6)
  const [largest] = await memoryBelow(child.pid ?? 0)
  expect(largest).toMatchObject({ part: 'dev', processes: 1 })
  expect(await ownBytes(2 ** 22 + 1)).toBeUndefined()
})
