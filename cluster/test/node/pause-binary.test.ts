import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { pauseBinary } from '../../src/node/pause-binary.ts'

test.runIf(process.platform === 'linux' && process.arch === 'x64')(
  'the sandbox’s program waits without using the CPU, and reaps its children',
  async () => {
    const dir = await mkdtemp(join(tmpdir(), 'pause-'))
    const program = join(dir, 'pause')
    await writeFile(program, pauseBinary(), { mode: 0o755 })
    const child = spawn(program, { stdio: 'ignore' })
    try {
      await expect.poll(() => status(child.pid), { timeout: 30_000 }).toMatch(/^State:\s+S/m)
      const ignored = BigInt(`0x${/^SigIgn:\s+(\w+)/m.exec(await status(child.pid))?.[1]}`)
      const childEnded = 17n
      expect((ignored >> (childEnded - 1n)) & 1n).toBe(1n)
      await sleep(200)
      expect(child.exitCode).toBeNull()
    } finally {
      child.kill('SIGKILL')
      await rm(dir, { recursive: true })
    }
  },
)

async function status(pid: number | undefined): Promise<string> {
  return await readFile(`/proc/${pid}/status`, 'utf8')
}
