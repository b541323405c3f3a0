// How does each program end that is configured wrongly? With exit code 2 and a line for each wrong
// variable, so that a script can tell it from a crash, and without a stack.
import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const programs = [
  ...globSync('services/*/src/**/{main,*-main}.ts', { cwd: root }),
  'operator/src/main.ts',
  'cluster/src/topic-operator/main.ts',
].toSorted()

/** The simulated carrier requires no variable. */
const wrong = { HTTP_PORT: 'none' }

test.each(programs)('%s ends with 2 and names the wrong variables', async (program) => {
  const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
    const options = { cwd: root, env: wrong, timeout: 60_000 }
    execFile(process.execPath, [program], options, (error, _stdout, text) =>
      resolve({ code: error ? error.code : 0, stderr: text }),
    )
  })
  const lines = stderr.split('\n').filter((line) => line !== '')
  expect(lines.length).toBeGreaterThan(0)
  for (const line of lines) expect(line).toMatch(/^[A-Z][A-Z0-9_]*: found .+; allowed: .+$/)
  expect(code).toBe(2)
})
