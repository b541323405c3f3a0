// How long does a newcomer wait? Seconds from a fresh clone to the first shipped order with empty
// caches, and the second time.
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { example } from './example.ts'
import type { Row } from '../table.ts'
import { startShop, workspace } from './shop.ts'
import type { RunningShop, Workspace } from './shop.ts'

const run = promisify(execFile)
const project = join(import.meta.dirname, '..', '..', '..')
const cloneDeadlineMs = 60_000

/** Measures the committed state of this checkout; a clone has no uncommitted changes. */
export async function benchFirstStart({ say }: { readonly say: (line: string) => void }): Promise<Row[]> {
  const space = await workspace(example)
  try {
    const began = performance.now()
    const checkout = join(space.dir, 'clone')
    await mkdir(join(space.dir, 'home'))
    say('a fresh clone …')
    await run('git', ['clone', '--quiet', project, checkout], { timeout: cloneDeadlineMs })
    const cloneMs = performance.now() - began
    const rows: Row[] = []
    for (const start of ['from a fresh clone, empty caches', 'the second time']) {
      say(`npm start, ${start} …`)
      const shop = await startShop(space, { checkout, env: emptyCaches(space) })
      await shop.settled() // every replica has joined, as after a first visit
      await shop.stop()
      for (const line of shop.said) say(`  ${line}`)
      rows.push(rowOf(start, shop, rows.length === 0 ? cloneMs : 0))
    }
    return rows
  } finally {
    await space.remove()
  }
}

/**
 * npm keeps its settings, such as the registry: only what it has downloaded before is out of reach.
 */
export function emptyCaches({ dir }: Pick<Workspace, 'dir'>): NodeJS.ProcessEnv {
  return {
    HOME: join(dir, 'home'),
    XDG_CACHE_HOME: join(dir, 'home', '.cache'),
    npm_config_cache: join(dir, 'home', '.npm'),
    npm_config_userconfig: process.env['npm_config_userconfig'] ?? join(homedir(), '.npmrc'),
  }
}

export function rowOf(start: string, { timeline }: Pick<RunningShop, 'timeline'>, cloneMs: number): Row {
  const seconds = (milliseconds: number): number => Math.round(milliseconds / 100) / 10
  return {
    'npm start': start,
    'clone, s': seconds(cloneMs),
    'works, s': seconds(cloneMs + timeline.worksMs),
    'shipped, s': seconds(cloneMs + timeline.shippedMs),
  }
}
