// Which logs of replicas are kept? Those of running ones, bounded in size, and the newest of ended
// ones, bounded in number.
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { shortenLog } from '@orderpipeline/cluster/supervised'

/** Number of log files of ended replicas that are kept. */
const retainedLogs = 50

/** Shortens the logs of `running` replicas, and deletes the oldest logs of ended ones in `dir`. */
export async function tidyLogs(dir: string, running: readonly string[]): Promise<void> {
  const runningLogs = new Set(running.map((name) => `${name}.log`))
  for (const name of runningLogs) shortenLog(join(dir, name))
  const endedLogs = (await readdir(dir)).filter(
    (name) => /\.log(\.1)?$/.test(name) && !runningLogs.has(name.replace(/\.1$/, '')),
  )
  const ages = await Promise.all(endedLogs.map(async (name) => ({ name, at: (await stat(join(dir, name))).mtimeMs })))
  const old = ages.sort((a, b) => b.at - a.at).slice(retainedLogs)
  await Promise.all(old.map(({ name }) => rm(join(dir, name), { force: true })))
}
