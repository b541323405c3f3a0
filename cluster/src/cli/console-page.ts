// How does a user of the local cluster see its console without another command? `npm run up` starts
// `orderpipeline console` as a process of its own, read-only, which goes on until `npm run down`.
import { spawn } from 'node:child_process'
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StatePaths } from '../paths.ts'
import { identify, isSame } from '../process/pid.ts'
import type { ProcessIdentity } from '../process/pid.ts'

interface ConsoleRecord extends ProcessIdentity {
  readonly url: string
}

export type ConsolePlace = Pick<StatePaths, 'root' | 'kubeconfig'>

const commandLine = join(import.meta.dirname, '../../../cli/src/main.ts')
const startMs = 20_000
const endMs = 5_000

/** Its address; undefined where it does not start in time, of which its log has the reason. */
export async function servedConsole({ root, kubeconfig }: ConsolePlace): Promise<string | undefined> {
  const previous = await runningConsole(root)
  if (previous) return previous.url
  await mkdir(root, { recursive: true })
  const log = join(root, 'console.log')
  const output = await open(log, 'w')
  const child = spawn(process.execPath, [commandLine, 'console', '--json', '--kubeconfig', kubeconfig], {
    stdio: ['ignore', output.fd, output.fd],
    detached: true,
    cwd: root,
  })
  child.on('error', () => undefined) // it has no process id then
  child.unref()
  await output.close()
  if (child.pid === undefined) return undefined
  const url = await addressIn(log, () => child.exitCode !== null)
  if (url === undefined) child.kill('SIGTERM')
  else await writeFile(recordIn(root), JSON.stringify({ ...identify(child.pid), url } satisfies ConsoleRecord))
  return url
}

export async function endConsole({ root }: Pick<ConsolePlace, 'root'>): Promise<void> {
  const running = await runningConsole(root)
  await rm(recordIn(root), { force: true })
  if (!running) return
  process.kill(running.pid, 'SIGTERM')
  for (const latest = performance.now() + endMs; isSame(running) && performance.now() < latest;) await sleep(50)
  if (isSame(running)) process.kill(running.pid, 'SIGKILL')
}

async function addressIn(log: string, ended: () => boolean): Promise<string | undefined> {
  for (const latest = performance.now() + startMs; performance.now() < latest && !ended(); await sleep(100)) {
    const line = /^\{"url":.*\}$/m.exec(await readFile(log, 'utf8'))?.[0]
    if (line !== undefined) return (JSON.parse(line) as { url: string }).url
  }
  return undefined
}

async function runningConsole(root: string): Promise<ConsoleRecord | undefined> {
  const text = await readFile(recordIn(root), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const record = JSON.parse(text) as ConsoleRecord
  return isSame(record) ? record : undefined
}

function recordIn(root: string): string {
  return join(root, 'console.json')
}
