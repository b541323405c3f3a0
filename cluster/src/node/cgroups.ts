// Which processes run in the cluster's pods, whatever their parent is by now? Those in its cgroup:
// a container outlives a killed shim, and its own command line does not name the cluster.
import { mkdir, readFile, readdir, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exists } from '../files.ts'
import { podCgroup } from './config.ts'

/**
 * Kafka, PostgreSQL and the control plane are the host's processes. By default each of them has the
 * same share as all pods together, so pods would hold transactions open while they wait for a CPU.
 * This is eight times a process's share, as version 1 and version 2 of cgroups write it. On two
 * cores, 6,000 orders a minute reached their end after 4.8 s without and 1.6 s with it.
 */
const cpuShares = { 'cpu.shares': '8192', 'cpu.weight': '800' }

/** The kubelet insists that its root is there, in every hierarchy. */
export async function createCgroups(dir: string): Promise<void> {
  for (const root of (await cgroupRoots(dir)).used) {
    await mkdir(root, { recursive: true })
    for (const [file, value] of Object.entries(cpuShares)) {
      const path = join(root, file)
      if (await exists(path)) await writeFile(path, value)
    }
  }
}

export async function podProcesses(dir: string): Promise<number[]> {
  const pids = new Set<number>()
  for (const root of (await cgroupRoots(dir)).used) {
    for (const folder of await foldersBelow(root)) {
      const text = await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '')
      for (const line of text.split('\n')) if (line) pids.add(Number(line))
    }
  }
  return [...pids]
}

/** Removes the groups; those that still hold a process stay. */
export async function removeCgroups(dir: string): Promise<void> {
  for (const root of (await cgroupRoots(dir)).all) {
    for (const folder of (await foldersBelow(root)).reverse()) await rmdir(folder).catch(() => undefined)
  }
}

/**
 * `used`: the hierarchies that hold the pods. Where version 2 is only mounted next to version 1,
 * runc makes empty groups there too.
 */
async function cgroupRoots(dir: string): Promise<{ used: string[]; all: string[] }> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' '))
  const roots = (fileSystem: string) => [
    ...new Set(mounts.filter(([, , type]) => type === fileSystem).map(([, path]) => join(path ?? '', podCgroup(dir)))),
  ]
  const [v1, v2] = [roots('cgroup'), roots('cgroup2')]
  return { used: v1.length > 0 ? v1 : v2, all: [...v1, ...v2] }
}

/** Parents before children; empty when the folder is not there. */
async function foldersBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined)
  if (!entries) return []
  const below: string[] = [folder]
  for (const entry of entries) if (entry.isDirectory()) below.push(...(await foldersBelow(join(folder, entry.name))))
  return below
}
