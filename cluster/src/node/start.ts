// How does this machine become a node? The container runtime with its images first, which needs no
// API server; then the kubelet and kube-proxy, which do.
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ProcessHost } from '../process/host.ts'
import { silent } from '../progress/progress.ts'
import type { StepProgress } from '../progress/progress.ts'
import { createCgroups } from './cgroups.ts'
import { cniConfig } from './cni-config.ts'
import { nodePaths, podNetworkName } from './config.ts'
import type { NodeConfig } from './config.ts'
import { containerdConfig } from './containerd-config.ts'
import { importNodeImages } from './images.ts'
import { kubeProxyConfig } from './kube-proxy-config.ts'
import { kubeletConfig } from './kubelet-config.ts'
import { prepareNetwork } from './network.ts'
import { nodeProcesses } from './processes.ts'

/**
 * containerd, ready, with the image that every pod begins with. May run while the control plane
 * starts.
 */
export async function startRuntime(
  host: ProcessHost,
  config: NodeConfig,
  progress: StepProgress = silent,
): Promise<void> {
  await writeConfiguration(config)
  progress.note('starting containerd')
  await startProcesses(host, config, ['containerd'])
  await importNodeImages(config, (text) => progress.note(text), ['pause'])
}

/**
 * A node that registers itself with the API server; resolves when kubelet and kube-proxy answer.
 * Needs the API server.
 */
export async function startNode(host: ProcessHost, config: NodeConfig, progress: StepProgress = silent): Promise<void> {
  await prepareNetwork(config)
  await startRuntime(host, config, progress)
  await createCgroups(config.dir)
  progress.note('starting kubelet and kube-proxy')
  await Promise.all([startProcesses(host, config, ['kubelet']), startProcesses(host, config, ['kube-proxy'])])
}

async function startProcesses(host: ProcessHost, config: NodeConfig, names: readonly string[]): Promise<void> {
  for (const spec of nodeProcesses(config)) if (names.includes(spec.name)) await host.start(spec)
}

async function writeConfiguration(config: NodeConfig): Promise<void> {
  const paths = nodePaths(config)
  const files: Record<string, string> = {
    [paths.containerdConfig]: containerdConfig(config),
    [join(paths.cniConfig, '10-orderpipeline.conflist')]: cniConfig(podNetworkName(config.dir), paths.cniAddresses),
    [paths.kubeletConfig]: kubeletConfig(config),
    [paths.kubeProxyConfig]: kubeProxyConfig(config),
    // Pods resolve names in the cluster only: what the host's resolver knows must not leak into
    // their answers.
    [paths.resolvConf]: '',
  }
  for (const folder of [
    paths.containerdRoot,
    paths.containerdState,
    paths.shimSockets,
    paths.kubeletRoot,
    paths.podLogs,
  ]) {
    await mkdir(folder, { recursive: true, mode: 0o711 })
  }
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(file), { recursive: true })
    // kube-proxy ends itself when its file is touched.
    if ((await readFile(file, 'utf8').catch(() => undefined)) !== text) await writeFile(file, text)
  }
  const shim = join(paths.programs, 'containerd-shim-runc-v2')
  await mkdir(paths.programs, { recursive: true })
  await rm(shim, { force: true })
  await symlink(config.tools.containerdShim, shim)
}
