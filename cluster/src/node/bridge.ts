// Is the pods' bridge there, whose is it, and which pods are on it? There is one per machine, and
// so one cluster at a time: its owner's directory is written on it, so that two state directories
// neither share it nor remove each other's pods.
import { dirname, join } from 'node:path'
import { anyRuns } from '../process/leftovers.ts'
import { run } from '../process/run.ts'
import { network } from './api-server-flags.ts'
import { podProcesses } from './cgroups.ts'

interface Link {
  readonly ifname: string
  readonly ifalias?: string
  readonly master?: string
}

export interface Bridge {
  readonly there: boolean
  /** Names of the pods' ends on it. */
  readonly ports: readonly string[]
  /**
   * Directory of another cluster that has the bridge now; undefined when the bridge is free, ours,
   * or no process of that cluster runs.
   */
  readonly otherOwner: string | undefined
  /**
   * Directory of another cluster that had the bridge and whose processes have ended: it was killed,
   * not taken down.
   */
  readonly lateOwner: string | undefined
}

/**
 * Read from `ip`, not from /sys, which may show another network namespace than the one we are in.
 */
export async function observeBridge(dir: string, path: string): Promise<Bridge> {
  const { stdout } = await run('ip', ['-json', 'link', 'show'], { timeoutMs: 20_000, env: { PATH: path } })
  const links = JSON.parse(stdout || '[]') as Link[]
  const bridge = links.find(({ ifname }) => ifname === network.bridge)
  const ports = links.filter(({ master }) => master === network.bridge).map(({ ifname }) => ifname)
  const owner = bridge?.ifalias ?? ''
  const foreign = owner !== '' && owner !== aliasOf(dir)
  const inUse = foreign && (await isRunning(owner))
  return {
    there: bridge !== undefined,
    ports,
    otherOwner: inUse ? owner : undefined,
    lateOwner: foreign && !inUse ? owner : undefined,
  }
}

async function isRunning(nodeDir: string): Promise<boolean> {
  return (await anyRuns(join(dirname(nodeDir), 'processes'))) || (await podProcesses(nodeDir)).length > 0
}

/** The kernel keeps 255 characters. */
export function aliasOf(dir: string) {
  return dir.slice(0, 250)
}
