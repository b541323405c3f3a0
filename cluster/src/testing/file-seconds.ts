// How long does each test file take on this machine? Kept with the downloads, so that a fresh clone
// knows it too, and for each file from its own last run.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cachePaths } from '../paths.ts'

function place(env?: NodeJS.ProcessEnv): string {
  return join(cachePaths(env).root, 'test-seconds.json')
}

/** Empty before the first run. */
export function secondsByFile(env?: NodeJS.ProcessEnv): ReadonlyMap<string, number> {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(place(env), 'utf8')) as Record<string, number>))
  } catch {
    return new Map()
  }
}

/** Adds to what is known. Two runs at once may lose figures, and never break the file. */
export function keepSeconds(seconds: ReadonlyMap<string, number>, env?: NodeJS.ProcessEnv): void {
  const file = place(env)
  const all = [...new Map([...secondsByFile(env), ...seconds])].sort(([, a], [, b]) => b - a)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(Object.fromEntries(all), null, 1)}\n`)
  renameSync(`${file}.${process.pid}`, file)
}
