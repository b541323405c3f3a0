// How are etcd, the API server, the controller-manager and the scheduler run? As data; what only a
// cluster with a node needs comes in from outside. Pure.
import type { ProcessSpec } from '../process/host.ts'
import type { Credentials } from './credentials.ts'

export interface ControlPlaneLayout {
  /** Prefix of the processes' names, where one host runs several control planes. */
  readonly prefix: string
  readonly dir: string
  readonly kube: string
  readonly etcd: string
  readonly credentials: Credentials
  /** Where the API server listens. */
  readonly address: string
  readonly ports: {
    readonly etcd: number
    readonly etcdPeer: number
    readonly etcdHealth: number
    readonly apiServer: number
    readonly controllerManager: number
    readonly scheduler: number
  }
  /** Survives a crash of the machine; tests do without. */
  readonly durable: boolean
}

const loopback = '127.0.0.1'

export function etcdProcess(layout: ControlPlaneLayout): ProcessSpec {
  const { ports, credentials } = layout
  const client = `https://${loopback}:${ports.etcd}`
  const peer = `http://${loopback}:${ports.etcdPeer}`
  const server = credentials.file('etcd-server')
  return {
    name: `${layout.prefix}etcd`,
    command: layout.etcd,
    args: [
      `--name=local`,
      `--data-dir=${layout.dir}/etcd`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=local=${peer}`,
      // The health check has its own port, since the clients' port asks for a certificate.
      `--listen-metrics-urls=http://${loopback}:${ports.etcdHealth}`,
      `--cert-file=${server.cert}`,
      `--key-file=${server.key}`,
      '--client-cert-auth=true',
      `--trusted-ca-file=${credentials.file('etcd-ca').cert}`,
      '--logger=zap',
      '--log-level=warn',
      ...(layout.durable ? [] : ['--unsafe-no-fsync=true']),
    ],
    ready: { kind: 'http', url: `http://${loopback}:${ports.etcdHealth}/health` },
    readyTimeoutMs: 60_000,
    stopTimeoutMs: 5_000,
  }
}

export function apiServerProcess(layout: ControlPlaneLayout, extra: readonly string[]): ProcessSpec {
  const { credentials, ports } = layout
  const serving = credentials.file('kube-apiserver')
  const etcdClient = credentials.file('etcd-client')
  const admin = credentials.file('admin')
  const ca = credentials.file('cluster-ca').cert
  return {
    name: `${layout.prefix}kube-apiserver`,
    command: layout.kube,
    args: [
      'kube-apiserver',
      `--bind-address=${layout.address}`,
      `--secure-port=${ports.apiServer}`,
      `--tls-cert-file=${serving.cert}`,
      `--tls-private-key-file=${serving.key}`,
      `--client-ca-file=${ca}`,
      `--etcd-servers=https://${loopback}:${ports.etcd}`,
      `--etcd-cafile=${credentials.file('etcd-ca').cert}`,
      `--etcd-certfile=${etcdClient.cert}`,
      `--etcd-keyfile=${etcdClient.key}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${credentials.signingPublicKey}`,
      `--service-account-signing-key-file=${credentials.signingKey}`,
      '--event-ttl=30m',
      '--profiling=false',
      ...extra,
    ],
    ready: {
      kind: 'http',
      url: `https://${layout.address}:${ports.apiServer}/readyz`,
      caFile: ca,
      certFile: admin.cert,
      keyFile: admin.key,
    },
    readyTimeoutMs: 90_000,
    // Open watches are not worth waiting for: their clients come back by themselves.
    stopTimeoutMs: 3_000,
  }
}

export function controllerManagerProcess(layout: ControlPlaneLayout, extra: readonly string[]): ProcessSpec {
  const { credentials, ports } = layout
  return servingProcess(layout, 'kube-controller-manager', ports.controllerManager, [
    `--kubeconfig=${layout.dir}/controller-manager.kubeconfig`,
    `--root-ca-file=${credentials.file('cluster-ca').cert}`,
    `--service-account-private-key-file=${credentials.signingKey}`,
    `--cluster-signing-cert-file=${credentials.file('cluster-ca').cert}`,
    `--cluster-signing-key-file=${credentials.file('cluster-ca').key}`,
    '--use-service-account-credentials=true',
    '--leader-elect=false',
    '--profiling=false',
    ...extra,
  ])
}

/** `configFile` is the scheduler's own configuration, which names its kubeconfig. */
export function schedulerProcess(layout: ControlPlaneLayout, configFile: string): ProcessSpec {
  return servingProcess(layout, 'kube-scheduler', layout.ports.scheduler, [`--config=${configFile}`])
}

function servingProcess(layout: ControlPlaneLayout, program: string, port: number, args: string[]): ProcessSpec {
  const serving = layout.credentials.file('loopback')
  return {
    name: `${layout.prefix}${program}`,
    command: layout.kube,
    args: [
      program,
      `--bind-address=${loopback}`,
      `--secure-port=${port}`,
      `--tls-cert-file=${serving.cert}`,
      `--tls-private-key-file=${serving.key}`,
      ...args,
    ],
    ready: {
      kind: 'http',
      url: `https://${loopback}:${port}/healthz`,
      caFile: layout.credentials.file('cluster-ca').cert,
    },
    readyTimeoutMs: 60_000,
    stopTimeoutMs: 3_000,
  }
}
