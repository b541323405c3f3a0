import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runConfigured } from './run-configured.ts'

const index = JSON.stringify(join(import.meta.dirname, 'index.ts'))

function ended(program: string, env: Record<string, string>) {
  const args = [
    '--input-type=module',
    '--eval',
    `import { readConfig, runConfigured, variables } from ${index};${program}`,
  ]
  const options = { cwd: import.meta.dirname, env, encoding: 'utf8', timeout: 30_000 } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options)
  return { status, stdout, stderr }
}

it('a wrong variable ends the program with exit code 2 and one line', () => {
  const program = `
    import { z } from 'zod'
    await runConfigured(() => {
      readConfig(z.object({ WORKERS: variables.integer(1, 64) }), process.env)
      console.log('runs')
    })`
  expect(ended(program, { WORKERS: 'many' })).toEqual({
    status: 2,
    stdout: '',
    stderr: 'WORKERS: found "many"; allowed: a whole number from 1 to 64\n',
  })
  expect(ended(program, { WORKERS: '8' })).toEqual({ status: 0, stdout: 'runs\n', stderr: '' })
})

it('throws any other error', async () => {
  await expect(runConfigured(() => Promise.reject(new RangeError('no')))).rejects.toThrow(new RangeError('no'))
})
