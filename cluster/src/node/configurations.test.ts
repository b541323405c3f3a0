import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { cniConfig } from './cni-config.ts'
import type { NodeConfig } from './config.ts'
import { containerdConfig } from './containerd-config.ts'
import { kubeProxyConfig } from './kube-proxy-config.ts'
import { kubeletConfig } from './kubelet-config.ts'
import { nodeProcesses } from './processes.ts'

const config: NodeConfig = {
  ...{ dir: '/state/node', runDir: '/run/x', path: '/usr/sbin:/usr/bin' },
  tools: {
    ...{
      kube: '/c/kube',
      containerd: '/c/containerd',
      containerdShim: '/c/shim-2',
      ctr: '/c/ctr',
      runc: '/usr/sbin/runc',
    },
    cniPlugins: '/usr/lib/cni',
    addons: {
      ...{ coredns: '/c/coredns', 'metrics-server': '/c/metrics-server' },
      ...{ 'keda-operator': '/c/keda', 'keda-metrics-apiserver': '/c/adapter' },
    },
  },
  credentials: {
    ...{ clusterCa: '/p/ca.crt', kubeletCert: '/p/k.crt', kubeletKey: '/p/k.key' },
    ...{ kubeletKubeconfig: '/p/k.conf', kubeProxyKubeconfig: '/p/proxy.conf', adminKubeconfig: '/p/admin.conf' },
  },
  ports: { kubelet: 21000, kubeletHealth: 21001, proxyHealth: 21002, proxyMetrics: 21003 },
}

/** Every absolute path in a configuration but those of tools, credentials and the kernel. */
function pathsIn(text: string) {
  return [...text.matchAll(/["' /]((?:\/[\w.-]+)+)/g)].map(([, path]) => path ?? '')
}

test('containerd writes only below the cluster’s own directories', () => {
  const own = ['/state/node', '/run/x', '/usr/lib/cni', '/usr/sbin/runc']
  const foreign = pathsIn(containerdConfig(config)).filter((path) => !own.some((dir) => path.startsWith(dir)))
  expect(foreign).toEqual([])
})

test('containerd finds its shim in the cluster’s own folder', () => {
  const [containerd] = nodeProcesses(config)
  expect(containerd?.env?.['PATH']).toBe('/state/node/bin:/usr/sbin:/usr/bin')
})

test('the kubelet accepts all pods of a scaled-out shop, with both versions of cgroups', () => {
  expect(parse(kubeletConfig(config))).toMatchObject({
    ...{ maxPods: 300, failCgroupV1: false, cgroupDriver: 'cgroupfs', serializeImagePulls: false },
    containerRuntimeEndpoint: 'unix:///run/x/containerd.sock',
  })
})

test('NodePorts answer on loopback', () => {
  const { mode, nodePortAddresses } = parse(kubeProxyConfig(config)) as { mode: string; nodePortAddresses: string[] }
  expect(mode).toBe('iptables')
  expect(nodePortAddresses).toContain('127.0.0.0/8')
})

test('no pod gets the address of the node', () => {
  const { plugins } = JSON.parse(cniConfig('n', '/run/x/addresses')) as {
    plugins: { ipam: { ranges: { rangeStart: string }[][] } }[]
  }
  expect(plugins[0]?.ipam.ranges[0]?.[0]?.rangeStart).toBe('10.244.1.0')
})
