// How is the native cluster removed from a machine? The processes first, so that nothing is started
// again; then the pods, which outlive them, with their mounts and network; then the files on disk,
// except data.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { removeNode } from '../../node/remove.ts'
import type { StatePaths } from '../../paths.ts'
import { runningHost } from '../../process/index.ts'
import { endLeftovers } from '../../process/leftovers.ts'
import type { Step } from '../../progress/steps.ts'
import { nodeDirectories } from './cluster.ts'

/**
 * Nothing but data stays without `purge`: topics, orders, the cluster's objects, imported images,
 * and the keys to all of it.
 */
const notData = ['processes', 'kubeconfig', 'values', 'redis']

export function nativeDown(paths: StatePaths, { purge }: { readonly purge: boolean }): readonly Step[] {
  return [
    {
      name: 'stop-processes',
      title: 'Processes of the cluster',
      after: [],
      typicalMs: 15_000,
      async run() {
        const host = await runningHost(paths.processes)
        if (host) await host.close()
        await endLeftovers(paths.processes)
      },
    },
    {
      name: 'remove-node',
      title: 'Pods, mounts and network',
      after: ['stop-processes'],
      typicalMs: 5_000,
      run: (progress) => removeNode(nodeDirectories(paths), { ...progress, purge }),
    },
    {
      name: 'remove-state',
      title: purge ? 'State and data' : 'State (data stays; --data removes it)',
      after: ['remove-node'],
      typicalMs: 500,
      async run() {
        const folders = purge ? [paths.root] : notData.map((name) => join(paths.root, name))
        await Promise.all(folders.map((path) => rm(path, { recursive: true, force: true })))
      },
    },
  ]
}
