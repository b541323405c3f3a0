// Which processes are the node? containerd, kubelet, kube-proxy, in this order; as data for a
// process host. Pure.
import type { ProcessSpec } from '../process/host.ts'
import { network, nodeName } from './api-server-flags.ts'
import { nodePaths } from './config.ts'
import type { NodeConfig } from './config.ts'

export function nodeProcesses(config: NodeConfig): ProcessSpec[] {
  const paths = nodePaths(config)
  const env = { PATH: config.path, HOME: '/root' }
  return [
    {
      name: 'containerd',
      command: config.tools.containerd,
      args: ['--config', paths.containerdConfig, '--log-level', 'warn'],
      env: { ...env, PATH: `${paths.programs}:${config.path}` },
      ready: { kind: 'socket', path: paths.containerdSocket },
      readyTimeoutMs: 30_000,
      stopTimeoutMs: 10_000,
    },
    {
      name: 'kubelet',
      command: config.tools.kube,
      args: [
        'kubelet',
        `--config=${paths.kubeletConfig}`,
        `--kubeconfig=${config.credentials.kubeletKubeconfig}`,
        `--root-dir=${paths.kubeletRoot}`,
        `--hostname-override=${nodeName}`,
        `--node-ip=${network.nodeAddress}`,
        '--v=1',
      ],
      env,
      ready: { kind: 'http', url: `http://127.0.0.1:${config.ports.kubeletHealth}/healthz` },
      readyTimeoutMs: 60_000,
      stopTimeoutMs: 10_000,
    },
    {
      name: 'kube-proxy',
      command: config.tools.kube,
      args: ['kube-proxy', `--config=${paths.kubeProxyConfig}`, '--v=1'],
      env,
      ready: { kind: 'http', url: `http://127.0.0.1:${config.ports.proxyHealth}/livez` },
      readyTimeoutMs: 60_000,
      stopTimeoutMs: 10_000,
    },
  ]
}
