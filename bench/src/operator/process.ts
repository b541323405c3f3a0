// How is the operator run, and how are its metrics read? As a process of its own, from the bundle
// that its image holds.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '@orderpipeline/cluster/supervised'
import { bundleImage, memoryEnvUnder, operatorImage } from '@orderpipeline/images'
import { servicesImage } from './pipelines.ts'

export interface OperatorProcess {
  readonly pid: number
  metrics(): Promise<Samples>
  stop(): Promise<void>
}

/** Every sample of /metrics: `name{labels}` → value. */
export type Samples = ReadonlyMap<string, number>

/** The image's settings in a container of 256 MiB, the chart's limit. */
const { NODE_OPTIONS: heapOptions = '', ...memoryVariables } = memoryEnvUnder(256)

const root = join(import.meta.dirname, '..', '..', '..')

/** The bundle and the log go to `dir`. */
export async function runOperator(kubeconfig: string, namespace: string, dir: string): Promise<OperatorProcess> {
  const { directory } = await bundleImage(operatorImage, { root, outDir: dir, runtime: process.version })
  const main = join(directory, 'app', 'operator.mjs')
  const logFile = join(dir, 'operator.log')
  const port = await freePort()
  const child = spawn(process.execPath, [main], {
    env: {
      ...{ KUBECONFIG: kubeconfig, SERVICES_IMAGE: servicesImage, METRICS_PORT: String(port), POD_NAME: 'bench' },
      ...{ WATCH_NAMESPACE: namespace, POD_NAMESPACE: namespace, LOG_LEVEL: 'warn' },
      LAG_INTERVAL_SECONDS: '3600', // there is no Kafka here
      ...passedOn('WORKERS'),
      ...memoryVariables,
      NODE_OPTIONS: [heapOptions, process.env['NODE_OPTIONS'] ?? ''].join(' '),
    },
    stdio: ['ignore', openSync(logFile, 'w'), openSync(logFile, 'a')],
  })
  const url = `http://127.0.0.1:${port}`
  for (let ready = false; !ready; await sleep(100)) {
    if (child.exitCode !== null) throw new Error(`the operator ended with ${child.exitCode}; see ${logFile}`)
    ready = await fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
  }
  return {
    pid: child.pid ?? 0,
    metrics: async () => samplesIn(await (await fetch(`${url}/metrics`)).text()),
    stop: () => stop(child),
  }
}

function passedOn(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  )
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

function samplesIn(text: string): Samples {
  return new Map(
    text.split('\n').flatMap((line): [string, number][] => {
      const at = line.lastIndexOf(' ')
      return line === '' || line.startsWith('#') ? [] : [[line.slice(0, at), Number(line.slice(at + 1))]]
    }),
  )
}
