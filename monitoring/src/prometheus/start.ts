// How is a Prometheus run next to a cluster? As a process of this machine, on loopback only, with
// the product's rules.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CoreV1Api, CustomObjectsApi } from '@kubernetes/client-node'
import type { KubeConfig } from '@kubernetes/client-node'
import { prometheusArguments } from '@orderpipeline/cluster'
import { TimedKubeConfig } from '@orderpipeline/cluster/kube-config'
import { orderPipelines } from '@orderpipeline/operator/api'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { sloRuleGroups } from '@orderpipeline/operator/pipeline'
import { stringify } from 'yaml'
import { alertGroups } from '../alerts/index.ts'
import { rulesText } from '../rules.ts'
import { scrapeAccess } from './access.ts'
import { prometheusConfig } from './config.ts'
import { jobs, targetsOf } from './targets.ts'

export interface RunningPrometheus {
  readonly url: string
  /** Resolves with its exit code, or the signal's name. */
  readonly ended: Promise<number | string>
  /** SIGTERM, and SIGKILL after ten seconds. */
  close(): Promise<void>
}

export interface StartOptions {
  readonly kubeconfigFile: string
  /** For its configuration, data and log. */
  readonly folder: string
  readonly port: number
  readonly intervalSeconds: number
}

const startMs = 30_000
const endMs = 10_000

/**
 * `prometheus` must be in PATH. @throws Error with its last log lines where it does not become
 * ready.
 */
export async function startPrometheus(options: StartOptions): Promise<RunningPrometheus> {
  const { folder, port, intervalSeconds } = options
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  const config = join(folder, 'prometheus.yaml')
  const kubeconfig = new TimedKubeConfig()
  kubeconfig.loadFromFile(options.kubeconfigFile)
  const access = await scrapeAccess(kubeconfig, folder)
  const discovery = await startDiscovery(kubeconfig, access.server, folder)
  const rulesFiles = await writeRules(kubeconfig, folder)
  await writeFile(config, prometheusConfig({ access, rulesFiles, targetFiles: discovery.files, intervalSeconds }))
  const child = spawn('prometheus', prometheusArguments({ file: config, data: join(folder, 'data'), port }), {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let words = ''
  child.stderr.on('data', (chunk: Buffer) => (words = (words + chunk.toString()).slice(-4_000)))
  const exit = Promise.race([
    once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string),
    once(child, 'error').then(([error]) => String(error)),
  ]).finally(() => discovery.close())
  const close = async (): Promise<void> => {
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), endMs)
    await exit.finally(() => clearTimeout(late))
  }
  const url = `http://127.0.0.1:${port}`
  for (const deadline = performance.now() + startMs; ; await sleep(200)) {
    const exitCode = await Promise.race([exit, sleep(0)])
    if (exitCode !== undefined) throw new Error(`Prometheus ended with ${exitCode}: ${words.trim()}`)
    if (await ready(url)) return { url, ended: exit, close }
    if (performance.now() < deadline) continue
    await close()
    throw new Error(`Prometheus was not ready after ${startMs / 1_000} s: ${words.trim()}`)
  }
}

/** The alerts, and the rules of the objectives that the pipelines of the cluster have now. */
async function writeRules(kubeconfig: KubeConfig, folder: string): Promise<readonly string[]> {
  const [group = '', version = ''] = orderPipelines.apiVersion.split('/')
  const api = kubeconfig.makeApiClient(CustomObjectsApi)
  const { plural } = orderPipelines
  const { items } = (await api.listClusterCustomObject({ group, version, plural, timeoutSeconds: 10 })) as {
    readonly items: readonly OrderPipeline[]
  }
  const [alerts, objectives] = [join(folder, 'alerts.yaml'), join(folder, 'objectives.yaml')]
  await writeFile(alerts, rulesText(alertGroups))
  const groups = items.flatMap((pipeline) => sloRuleGroups(pipeline))
  await writeFile(objectives, stringify({ groups }, { lineWidth: 0, aliasDuplicateObjects: false }))
  return [alerts, objectives]
}

function ready(url: string): Promise<boolean> {
  return fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(2_000) }).then(
    ({ ok }) => ok,
    () => false,
  )
}

interface Discovery {
  /** By job. */
  readonly files: Readonly<Record<string, string>>
  close(): void
}

const lookMs = 5_000

/**
 * Updates the files of targets. A read that fails leaves them as they are. @throws Error where the
 * first read fails.
 */
async function startDiscovery(kubeconfig: KubeConfig, server: string, folder: string): Promise<Discovery> {
  const api = kubeconfig.makeApiClient(CoreV1Api)
  const files = Object.fromEntries(jobs.map((job) => [job, join(folder, `${job}.json`)]))
  const writtenTexts = new Map<string, string>()
  const look = async (): Promise<void> => {
    // From the API server's cache: a later change appears at the next read.
    const { items } = await api.listPodForAllNamespaces({ resourceVersion: '0', timeoutSeconds: 10 })
    for (const [job, groups] of Object.entries(targetsOf(items, server))) {
      const [file, text] = [files[job] ?? '', JSON.stringify(groups)]
      if (writtenTexts.get(job) === text) continue
      await writeFile(`${file}.new`, text)
      await rename(`${file}.new`, file)
      writtenTexts.set(job, text)
    }
  }
  await look()
  const closing = new AbortController()
  void (async () => {
    while (!closing.signal.aborted) {
      await sleep(lookMs, undefined, { signal: closing.signal, ref: false }).catch(() => undefined)
      if (!closing.signal.aborted) await look().catch(() => undefined)
    }
  })()
  return { files, close: () => closing.abort() }
}
