// How does this machine become the gateway of the pods? A bridge with the node's address,
// forwarding, masquerading; before anything else, since the API server advertises the bridge's
// address.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { exists } from '../files.ts'
import { run } from '../process/run.ts'
import { network } from './api-server-flags.ts'
import { aliasOf, observeBridge } from './bridge.ts'
import { nodePaths } from './config.ts'
import type { NodeConfig } from './config.ts'
import { overlappingRoute } from './routes.ts'
import type { Route } from './routes.ts'

/**
 * Settings that the node's parts change for the whole machine; noted before, restored on removal.
 */
const sysctls = [
  'net/ipv4/ip_forward',
  'net/ipv4/conf/all/route_localnet',
  'net/bridge/bridge-nf-call-iptables',
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
]
function sysctlFile(name: string) {
  return `/proc/sys/${name}`
}

/** iptables chains of our own; everything named so is removed with the node. */
export const ownChainPrefix = 'OPL-'

const rules = `*filter
:OPL-FORWARD - [0:0]
:OPL-INPUT - [0:0]
-A OPL-FORWARD -i ${network.bridge} -j ACCEPT
-A OPL-FORWARD -o ${network.bridge} -j ACCEPT
-A OPL-INPUT -i ${network.bridge} -j ACCEPT
COMMIT
*nat
:OPL-POSTROUTING - [0:0]
-A OPL-POSTROUTING -s ${network.podRange} ! -d ${network.podRange} -j MASQUERADE
COMMIT
`
/**
 * Appended: kube-proxy's own rules, which refuse Services without endpoints at once, must come
 * before.
 */
const jumps = [
  ['filter', 'FORWARD', 'OPL-FORWARD'],
  ['filter', 'INPUT', 'OPL-INPUT'],
  ['nat', 'POSTROUTING', 'OPL-POSTROUTING'],
] as const

export class PodNetworkInUseError extends Error {
  override readonly name = 'PodNetworkInUseError'
  readonly reason = 'NetworkTaken'
  readonly retry = false
}

/** Can be called again at any time; needs root. */
export async function prepareNetwork(config: Pick<NodeConfig, 'dir' | 'runDir' | 'path'>): Promise<void> {
  const options = { timeoutMs: 20_000, env: { PATH: config.path } }
  const command = (name: string, ...args: string[]) => run(name, args, options)
  const bridge = await observeBridge(config.dir, config.path)
  if (bridge.otherOwner !== undefined)
    throw new PodNetworkInUseError(
      `A local cluster in ${bridge.otherOwner} uses the pod network: stop it first with npm run down, since only one can run at a time.`,
    )
  refuseRoutedRanges((await command('ip', '-json', 'route', 'show')).stdout)
  const brNetfilter = sysctlFile('net/bridge/bridge-nf-call-iptables')
  if (!(await exists(brNetfilter))) await command('modprobe', 'br_netfilter').catch(() => undefined)
  await noteSysctls(config, bridge.lateOwner)

  // Pods whose processes have ended would still answer for their addresses.
  if (bridge.lateOwner !== undefined) for (const port of bridge.ports) await command('ip', 'link', 'delete', port)
  if (!bridge.there) await command('ip', 'link', 'add', network.bridge, 'type', 'bridge')
  // A fixed address: the bridge would otherwise take that of whichever port has the lowest, and
  // change it under its clients.
  const identity = ['address', '0a:58:0a:f4:00:01', 'alias', aliasOf(config.dir)]
  await command('ip', 'link', 'set', network.bridge, ...identity, 'up')
  await command('ip', 'address', 'replace', `${network.nodeAddress}/16`, 'dev', network.bridge)
  // Host processes reach Services even where the machine has no default route.
  await command('ip', 'route', 'replace', network.serviceRange, 'dev', network.bridge, 'src', network.nodeAddress)

  await writeFile(sysctlFile('net/ipv4/ip_forward'), '1')
  // Answers of a pod to another pod by way of a Service cross the bridge only; they must still be
  // translated back.
  if (await exists(brNetfilter)) await writeFile(brNetfilter, '1')

  await run('iptables-restore', ['--noflush', '--wait', '10'], { ...options, input: rules })
  for (const [table, chain, target] of jumps) {
    const rule = [chain, '-m', 'comment', '--comment', 'orderpipeline', '-j', target]
    await command('iptables', '--wait', '10', '-t', table, '-C', ...rule).catch(() =>
      command('iptables', '--wait', '10', '-t', table, '-A', ...rule),
    )
  }
}

function refuseRoutedRanges(routes: string): void {
  const others = (JSON.parse(routes || '[]') as Route[]).filter((route) => route.dev !== network.bridge)
  for (const range of [network.podRange, network.serviceRange]) {
    const conflict = overlappingRoute(range, others)
    if (conflict)
      throw new PodNetworkInUseError(
        `The local cluster needs ${range}, and this machine already routes ${conflict.dst} to ${conflict.dev ?? conflict.gateway}. ` +
          'Remove that interface (another cluster or a VPN may own it) and run the same command again.',
      )
  }
}

async function noteSysctls(config: Pick<NodeConfig, 'dir' | 'runDir'>, lateOwner?: string): Promise<void> {
  const file = nodePaths(config).sysctls
  if (await exists(file)) return // from an earlier run: what is set now may be ours
  const late = lateOwner && nodePaths({ ...config, dir: lateOwner }).sysctls
  if (late && (await exists(late))) {
    await mkdir(config.dir, { recursive: true })
    return copyFile(late, file) // what is set now may be that cluster's
  }
  const before: Record<string, string> = {}
  for (const name of sysctls) {
    const value = await readFile(sysctlFile(name), 'utf8').catch(() => undefined)
    if (value !== undefined) before[name] = value.trim()
  }
  await mkdir(config.dir, { recursive: true })
  await writeFile(file, JSON.stringify(before, undefined, 2))
}

export async function restoreSysctls(config: Pick<NodeConfig, 'dir' | 'runDir'>): Promise<void> {
  const text = await readFile(nodePaths(config).sysctls, 'utf8').catch(() => '{}')
  for (const [name, value] of Object.entries(JSON.parse(text) as Record<string, string>)) {
    await writeFile(sysctlFile(name), value).catch(() => undefined) // a setting of the bridge ends with it
  }
}
