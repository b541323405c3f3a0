// Whose is the pods' bridge? There is one on a machine, and so one cluster at a time: its owner's directory is written on it, so that
// two state directories neither share it nor remove each other's pods.
import { access, readFile } from 'node:fs/promises'
import { network } from './api-server-flags.ts'

/** Directory of another cluster that has the bridge now; undefined when it is free, ours, or its cluster is gone from disk. */
export async function otherOwner(dir: string): Promise<string | undefined> {
  const owner = (await readFile(`/sys/class/net/${network.bridge}/ifalias`, 'utf8').catch(() => '')).trim()
  if (owner === '' || owner === aliasOf(dir)) return undefined
  return await access(owner).then(
    () => owner,
    () => undefined,
  )
}

/** The kernel keeps 255 characters. */
export const aliasOf = (dir: string) => dir.slice(0, 250)
