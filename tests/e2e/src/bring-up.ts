// What do the tests run on? The local cluster as `npm run up` leaves it: brought up once before the
// first file, and again where a test has deleted what is needed.
import { spawn } from 'node:child_process'

export async function bringUp(): Promise<void> {
  const child = spawn(process.execPath, ['cluster/src/main.ts', 'up'], {
    stdio: ['ignore', process.stderr, 'inherit'],
  })
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (exit) => resolve(exit ?? 1))
  })
  if (code !== 0) throw new Error(`bringing the local cluster up failed with exit code ${code}; its output is above`)
}

/** The global set-up of the end-to-end tests. */
export { bringUp as default }
