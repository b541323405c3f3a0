// How does a control plane start? etcd, then the API server, then controller-manager and scheduler
// in parallel. The same code starts the local cluster's and a test's; they differ in their
// addresses and flags.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProcessHost } from '../process/host.ts'
import type { Ports } from '../process/ports.ts'
import type { StepProgress } from '../progress/progress.ts'
import { credentialsIn } from './credentials.ts'
import type { CertificateRequests, Credentials } from './credentials.ts'
import { writeKubeconfig } from './kubeconfig.ts'
import { apiServerProcess, controllerManagerProcess, etcdProcess, schedulerProcess } from './processes.ts'
import type { ControlPlaneLayout } from './processes.ts'

export interface ControlPlaneOptions {
  readonly dir: string
  readonly prefix?: string
  readonly kube: string
  readonly etcd: string
  readonly ports: Ports
  /** Where the API server listens; must exist already. */
  readonly address: string
  readonly durable: boolean
  /** Names the API server is reached under. */
  readonly serves: { readonly dns: readonly string[]; readonly ip: readonly string[] }
  /** Certificates beyond the control plane's own. */
  readonly alsoIssue?: CertificateRequests
  /** Kubeconfigs beyond the control plane's own, by the name of the certificate. */
  readonly alsoConnect?: readonly string[]
  readonly apiServerFlags: (credentials: Credentials) => readonly string[]
  readonly controllerManagerFlags: readonly string[]
  /**
   * Text of the scheduler's configuration, given its kubeconfig; without it there is no scheduler.
   */
  readonly scheduler?: { readonly writeConfig: (kubeconfig: string) => Promise<string> }
}

export interface ControlPlane {
  readonly url: string
  /** The administrator's kubeconfig. */
  readonly kubeconfig: string
  readonly credentials: Credentials
  kubeconfigOf(certificate: string): string
}

export interface Preparation extends ControlPlane {
  readonly layout: ControlPlaneLayout
}

/** Credentials, ports and kubeconfigs: everything that others may need before anything runs. */
export async function prepareControlPlane(options: ControlPlaneOptions): Promise<Preparation> {
  const { dir, address } = options
  await mkdir(dir, { recursive: true })
  const credentials = await credentialsIn(join(dir, 'pki'), requests(options), new Date())
  const port = (name: string) => options.ports.port(`${options.prefix ?? ''}${name}`)
  const layout: ControlPlaneLayout = {
    ...{ prefix: options.prefix ?? '', dir, kube: options.kube, etcd: options.etcd, credentials, address },
    durable: options.durable,
    ports: {
      etcd: await port('etcd'),
      etcdPeer: await port('etcd-peer'),
      etcdHealth: await port('etcd-health'),
      apiServer: await port('kube-apiserver'),
      controllerManager: await port('kube-controller-manager'),
      scheduler: await port('kube-scheduler'),
    },
  }
  const url = `https://${address}:${layout.ports.apiServer}`
  const kubeconfigOf = (name: string) => join(dir, `${name}.kubeconfig`)
  for (const name of ['admin', 'controller-manager', 'scheduler', ...(options.alsoConnect ?? [])]) {
    const files = { ca: credentials.file('cluster-ca').cert, ...credentials.file(name) }
    await writeKubeconfig(kubeconfigOf(name), 'orderpipeline', name, url, files)
  }
  return { url, kubeconfig: kubeconfigOf('admin'), credentials, kubeconfigOf, layout }
}

/** Resolves when the API server is ready and the others are healthy. */
export async function startControlPlane(
  host: ProcessHost,
  options: ControlPlaneOptions,
  prepared: Preparation,
  progress: StepProgress,
): Promise<void> {
  const { layout } = prepared
  progress.note('starting etcd')
  await host.start(etcdProcess(layout))
  progress.note('starting the API server')
  await host.start(apiServerProcess(layout, options.apiServerFlags(prepared.credentials)))
  progress.note('starting the controller-manager')
  await Promise.all([
    host.start(controllerManagerProcess(layout, options.controllerManagerFlags)),
    options.scheduler?.writeConfig(prepared.kubeconfigOf('scheduler')).then((file) => {
      return host.start(schedulerProcess(layout, file))
    }),
  ])
}

function requests(options: ControlPlaneOptions): CertificateRequests {
  const loopback = { dns: ['localhost'], ip: ['127.0.0.1'] }
  return {
    'etcd-server': { commonName: 'etcd', serves: loopback, signedBy: 'etcd' },
    'etcd-client': { commonName: 'kube-apiserver', signedBy: 'etcd' },
    'kube-apiserver': { commonName: 'kube-apiserver', serves: options.serves },
    loopback: { commonName: 'localhost', serves: loopback },
    admin: { commonName: 'admin', organization: 'system:masters' },
    'controller-manager': { commonName: 'system:kube-controller-manager' },
    scheduler: { commonName: 'system:kube-scheduler' },
    ...options.alsoIssue,
  }
}
