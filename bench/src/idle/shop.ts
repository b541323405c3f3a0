// How does the shop run for a measurement? By the command behind `npm start`, with a state
// directory of its own that outlives a start, and its addresses from what it prints.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { usageBelow } from './usage.ts'
import type { Usage } from './usage.ts'

export interface Workspace {
  readonly dir: string
  readonly file: string
  remove(): Promise<void>
}

export interface Timeline {
  /** Milliseconds from the start of the command. */
  readonly worksMs: number
  readonly shippedMs: number
}

export interface RunningShop {
  readonly pid: number
  readonly gateway: string
  /** The address of its console, with the key. */
  readonly console: string
  /** Its folder, with the kubeconfig. */
  readonly state: string
  readonly timeline: Timeline
  readonly usedUntilShipped: Usage
  /** Its output, each line with its milliseconds. */
  readonly said: readonly string[]
  /** Every desired replica is there. */
  settled(): Promise<void>
  /** Stops it like Ctrl-C; resolves once everything has drained. */
  stop(): Promise<void>
}

const root = join(import.meta.dirname, '..', '..', '..')
const startDeadlineMs = 300_000
const shipDeadlineMs = 120_000
const lookEveryMs = 50

export async function workspace(pipelineFile: string): Promise<Workspace> {
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-bench-'))
  await chmod(dir, 0o711) // PostgreSQL's own user must be able to pass
  await mkdir(join(dir, 'state'), { mode: 0o711 })
  const file = join(dir, 'shop.yaml')
  await copyFile(pipelineFile, file)
  return { dir, file, remove: () => rm(dir, { recursive: true, force: true, maxRetries: 5 }) }
}

/**
 * `checkout`: of this project, whose `npm start` it is; `env`: added to this process' variables.
 */
export async function startShop(
  { dir, file }: Workspace,
  { checkout = root, env = {} }: { readonly checkout?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<RunningShop> {
  const began = performance.now()
  const elapsed = (): number => performance.now() - began
  const child = spawn(process.execPath, [join(checkout, 'setup/run.mjs'), 'start', '-f', file, '--json'], {
    cwd: dir,
    env: { ...process.env, XDG_STATE_HOME: join(dir, 'state'), KUBECONFIG: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  process.once('exit', () => child.kill('SIGKILL'))
  const logLines: string[] = []
  let text = ''
  const take = (chunk: string): void => {
    text += chunk
    for (const line of chunk.split('\n')) if (/^[^{]/.test(line)) logLines.push(`${Math.round(elapsed())} ms  ${line}`)
  }
  child.stdout.setEncoding('utf8').on('data', take)
  child.stderr.setEncoding('utf8').on('data', take)
  const until = async (pattern: RegExp, deadlineMs: number): Promise<RegExpExecArray> => {
    for (const latest = elapsed() + deadlineMs; ; await sleep(20)) {
      const match = pattern.exec(text)
      if (match) return match
      if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}:\n${text}`)
      if (elapsed() > latest) throw new Error(`npm start has not printed ${String(pattern)} in time:\n${text}`)
    }
  }
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGINT')
    await exited
  }
  const [line] = await until(/^\{.*\}$/m, startDeadlineMs)
  const worksMs = elapsed()
  const { gateway, console, state } = JSON.parse(line) as Record<'gateway' | 'console' | 'state', string>
  await firstShipped(gateway).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  const timeline = { worksMs, shippedMs: elapsed() }
  const pid = child.pid ?? 0
  return {
    ...{ pid, gateway, console, state, timeline, said: logLines, usedUntilShipped: await usageBelow(pid) },
    settled: async () => void (await until(/^(Ready: |Not Ready yet: ).*$/m, startDeadlineMs)),
    stop,
  }
}

async function firstShipped(gateway: string): Promise<void> {
  const order = { customerId: 'bench', items: [{ sku: 'SKU-0001', quantity: 1 }] }
  const answer = await fetch(`${gateway}/v1/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
    signal: AbortSignal.timeout(shipDeadlineMs),
  })
  if (answer.status !== 202) throw new Error(`the first order was answered ${answer.status}: ${await answer.text()}`)
  const { orderId } = (await answer.json()) as { orderId: string }
  const latest = performance.now() + shipDeadlineMs
  for (let last = ''; performance.now() < latest; await sleep(lookEveryMs)) {
    const looked = await fetch(`${gateway}/v1/orders/${orderId}`, { signal: AbortSignal.timeout(10_000) })
    last = await looked.text()
    if (looked.ok && (JSON.parse(last) as { status: string }).status === 'SHIPPED') return
    if (performance.now() + lookEveryMs > latest) throw new Error(`the first order was not shipped in time: ${last}`)
  }
}
