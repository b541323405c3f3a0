// Which processes of the node still run? Those in its cgroup, and those whose command line names
// its directories and whose program is one of the node's: an editor open on a log file is not ours
// to end.
import { readFile, readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive } from '../process/pid.ts'
import { podProcesses } from './cgroups.ts'

export interface NodeDirectories {
  readonly dir: string
  readonly runDir: string
}

const programs = /(^|\/)(containerd|containerd-shim|kube-|kubelet|runc)[^/]*$/

/** Ends containers, shims and daemons alike, by SIGKILL: none of them has work to hand over. */
export async function endNodeProcesses(places: NodeDirectories): Promise<void> {
  // Daemons first: they would start again what is ended after them. A second pass finds processes
  // that were just being started.
  for (let round = 0; round < 10; round++) {
    const daemons = await processesNaming(places)
    endAll(daemons)
    const pods = await podProcesses(places.dir)
    endAll(pods)
    const survivors = [...daemons, ...pods].filter(isAlive)
    if (daemons.length + pods.length === 0) return
    if (survivors.length > 0) await sleep(200)
  }
}

async function processesNaming({ dir, runDir }: NodeDirectories): Promise<number[]> {
  const matches: number[] = []
  for (const entry of await readdir('/proc')) {
    const pid = Number(entry)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    const [program = '', ...args] = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
    const names = (place: string) => args.some((arg) => arg.includes(`${place}/`) || arg.endsWith(place))
    if (programs.test(program) && (names(dir) || names(runDir))) matches.push(pid)
  }
  return matches
}

function endAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // ended by itself
    }
  }
}
