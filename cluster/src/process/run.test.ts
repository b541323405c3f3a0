import { expect, it } from 'vitest'
import { ProgramError, run } from './run.ts'

it('a failed program is shown with both outputs, in the order in which they came', async () => {
  const script = 'echo warned >&2; sleep 0.2; echo failed; exit 3'
  const error = await run('sh', ['-c', script], { timeoutMs: 10_000 }).catch((cause: unknown) => cause)
  expect(error).toBeInstanceOf(ProgramError)
  expect(error).toMatchObject({ exitCode: 3, output: 'warned\nfailed\n' })
  expect(String(error)).toContain('exit code 3\nwarned\nfailed')
})

it('a program that does not end in its time is ended, and said to be late', async () => {
  await expect(run('sleep', ['30'], { timeoutMs: 100 })).rejects.toThrow('sleep 30: not finished after 100 ms')
})
