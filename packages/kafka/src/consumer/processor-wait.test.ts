// Does a replica know in which share of its time it waits for a processor, also a real one between
// more processes than there are processors?
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createProcessorWait } from './processor-wait.ts'

const seconds = 1e9

function system(files: Record<string, string>) {
  const clock = { ms: 0 }
  const reads: string[] = []
  const wait = createProcessorWait(
    () => clock.ms,
    (file) => {
      reads.push(file)
      return files[file]
    },
  )
  return { clock, files, reads, wait: wait ?? expect.fail('nothing is known') }
}

describe('the wait for a processor', () => {
  const schedule = '/proc/self/schedstat'

  it('is the share of the time since the last look, at most once a second', () => {
    const { clock, files, reads, wait } = system({ [schedule]: `0 ${2 * seconds} 7\n` })
    expect(wait.share()).toBe(0)
    clock.ms = 4_000
    files[schedule] = `${seconds} ${3 * seconds} 900\n`
    expect(wait.share()).toBe(0.25)
    const before = reads.length
    clock.ms = 4_900
    files[schedule] = `${seconds} ${4 * seconds} 1800\n`
    expect(wait.share()).toBe(0.25)
    expect(reads.length).toBe(before)
    clock.ms = 5_000
    expect(wait.share()).toBe(1)
    expect(wait.seconds()).toBe(4)
  })

  it.each([
    ['/sys/fs/cgroup/cpu.stat', 'usage_usec 9\nthrottled_usec ', 1e6],
    ['/sys/fs/cgroup/cpu/cpu.stat', 'nr_periods 9\nthrottled_time ', 1e9],
  ])('leaves out the time in which the CPU limit of %s stops the process', (file, text, second) => {
    const { clock, files, wait } = system({ [schedule]: `0 0 1\n`, [file]: `${text}${5 * second}\n` })
    clock.ms = 10_000
    files[schedule] = `0 ${6 * seconds} 2\n`
    files[file] = `${text}${9 * second}\n`
    expect(wait.share()).toBe(0.2)
    // Stopped on several processors, and more than the main thread waited.
    clock.ms = 20_000
    files[schedule] = `0 ${7 * seconds} 3\n`
    files[file] = `${text}${90 * second}\n`
    expect(wait.share()).toBe(0)
    expect(wait.seconds()).toBe(2)
  })

  it('is contention as far as it is longer than the time on a processor', () => {
    const { clock, files, wait } = system({ [schedule]: `${seconds} ${seconds} 7\n` })
    expect(wait.contention()).toBe(0)
    // Four seconds: one on a processor, three of waiting, and a fortieth that counts as run anyway.
    clock.ms = 4_000
    files[schedule] = `${2 * seconds} ${4 * seconds} 900\n`
    expect(wait.contention()).toBeCloseTo(3 / 1.1)
    clock.ms = 4_900
    files[schedule] = `${2 * seconds} ${5 * seconds} 1800\n`
    expect(wait.contention()).toBeCloseTo(3 / 1.1)
    // The share has its own time.
    expect(wait.share()).toBeCloseTo(4 / 4.9)
    clock.ms = 104_000
    files[schedule] = `${2 * seconds} ${6 * seconds} 2700\n`
    expect(wait.contention()).toBeCloseTo(2 / 2.5)
  })

  it.each([undefined, '', 'no numbers'])('is unknown where the system says %j', (text) => {
    expect(
      createProcessorWait(
        () => 0,
        () => text,
      ),
    ).toBeUndefined()
  })
})

/**
 * Prints its share of waiting while it sleeps, and while it works. A time in which the whole
 * machine stands still says nothing of either: it sleeps and works again, but not for ever.
 */
const program = `
  const { createProcessorWait } = await import(${JSON.stringify(join(import.meta.dirname, 'processor-wait.ts'))})
  const wait = createProcessorWait(() => performance.now())
  const shareAfter = async (work, isClear) => {
    for (let attempt = 1; ; attempt++) {
      await work()
      const share = wait.share()
      if (isClear(share) || attempt === 8) return share
    }
  }
  const sleep = () => new Promise((resolve) => setTimeout(resolve, 1_200))
  const work = () => {
    for (const end = performance.now() + 2_000; performance.now() < end;);
  }
  const asleep = await shareAfter(sleep, (share) => share < 0.2)
  const atWork = await shareAfter(work, (share) => share > 0.3)
  console.log(JSON.stringify({ asleep, atWork, seconds: wait.seconds() }))
`

it.runIf(existsSync('/proc/self/schedstat'))(
  'is much of the time of a process that works between twice as many as there are processors',
  { timeout: 60_000 },
  async () => {
    const endless = Array.from({ length: 2 * availableParallelism() }, () =>
      spawn(process.execPath, ['--eval', 'for (;;);'], { stdio: 'ignore' }),
    )
    try {
      const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const text = (await child.stdout.toArray()).join('')
      const { asleep, atWork, seconds: waited } = JSON.parse(text) as Record<'asleep' | 'atWork' | 'seconds', number>
      // A fair share of the processors is less than half of one.
      expect(atWork).toBeGreaterThan(0.3)
      expect(asleep).toBeLessThan(atWork)
      expect(waited).toBeGreaterThan(0.3)
    } finally {
      for (const child of endless) child.kill('SIGKILL')
    }
  },
)
