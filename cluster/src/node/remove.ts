// How is the node removed from a machine, also after a run that was killed? By what exists, not by
// what was recorded: processes, mounts, interfaces, firewall rules, cgroups, in that order, since
// each holds the next.
import { lstat, readFile, readdir, readlink, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../process/run.ts'
import { network } from './api-server-flags.ts'
import { observeBridge } from './bridge.ts'
import { removeCgroups } from './cgroups.ts'
import { nodePaths, podNetworkName } from './config.ts'
import type { NodeConfig } from './config.ts'
import { removalOf } from './firewall.ts'
import { endNodeProcesses } from './leftover-processes.ts'
import { mountsBelow } from './mounts.ts'
import { restoreSysctls } from './network.ts'

export interface RemoveOptions {
  readonly note?: (text: string) => void
  /** Also what a later start would use again: imported images and rendered manifests. */
  readonly purge?: boolean
}

/** No host may keep its processes alive any more. Never fails on what is missing. */
export async function removeNode(
  config: Pick<NodeConfig, 'dir' | 'runDir' | 'path'>,
  options: RemoveOptions = {},
): Promise<void> {
  const note = options.note ?? (() => undefined)
  // The bridge has a fixed name: another cluster's is left alone.
  const shared = (await observeBridge(config.dir, config.path)).otherOwner !== undefined
  note('ending pods')
  await endNodeProcesses(config)
  note('unmounting')
  await unmountAll(config)
  if (!shared) {
    note('removing the pod network')
    await removeNetwork(config)
    await restoreSysctls(config)
  }
  await removeCgroups(config.dir)
  await removeFiles(config, options.purge ?? false)
}

async function unmountAll(config: Pick<NodeConfig, 'dir' | 'runDir' | 'path'>): Promise<void> {
  const points = mountsBelow([config.dir, config.runDir], await readFile('/proc/self/mountinfo', 'utf8'))
  // Lazily: what a process is just leaving would be busy, and nothing in it is needed any more.
  // Many per call, since a hundred pods have some four hundred.
  for (let first = 0; first < points.length; first += 100) {
    const options = { timeoutMs: 60_000, env: { PATH: config.path } }
    await run('umount', ['--lazy', ...points.slice(first, first + 100)], options).catch(() => undefined)
  }
}

async function removeNetwork(config: Pick<NodeConfig, 'dir' | 'path'>): Promise<void> {
  const options = { timeoutMs: 30_000, env: { PATH: config.path } }
  const { there, ports } = await observeBridge(config.dir, config.path)
  for (const name of there ? [...ports, network.bridge] : []) {
    // A pod's end of the pair is removed with it; the kernel may have removed both with the
    // namespace meanwhile.
    await run('ip', ['link', 'delete', name], options).catch(() => undefined)
  }
  const saved = await run('iptables-save', [], options).catch(() => undefined)
  const removal = removalOf(saved?.stdout ?? '')
  if (removal !== undefined) {
    await run('iptables-restore', ['--noflush', '--wait', '10'], { ...options, input: removal })
  }
}

async function removeFiles(config: Pick<NodeConfig, 'dir' | 'runDir'>, purge: boolean): Promise<void> {
  const paths = nodePaths(config)
  await removeLogLinks(paths.podLogs)
  await removeNetworkRecords(podNetworkName(config.dir))
  const folders = purge ? [config.dir] : [paths.kubeletRoot, paths.podLogs, paths.sysctls, paths.images]
  for (const path of [config.runDir, ...folders]) await rm(path, { recursive: true, force: true })
}

/** The kubelet links every container's log from /var/log/containers, wherever the logs are. */
async function removeLogLinks(podLogs: string): Promise<void> {
  const folder = '/var/log/containers'
  for (const name of await readdir(folder).catch(() => [])) {
    const link = join(folder, name)
    const isLink = await lstat(link).then(
      (entry) => entry.isSymbolicLink(),
      () => false,
    )
    if (isLink && (await readlink(link).catch(() => '')).startsWith(`${podLogs}/`)) await rm(link, { force: true })
  }
}

/** What the CNI library remembers about pods; no setting moves it from here. */
async function removeNetworkRecords(name: string): Promise<void> {
  const folder = '/var/lib/cni/results'
  for (const file of await readdir(folder).catch(() => [])) {
    if (file.startsWith(`${name}-`)) await rm(join(folder, file), { force: true })
  }
}
