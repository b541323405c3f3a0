// How does a command reach the supervisor of a cluster? Over its socket; the command may start it,
// or only look whether it is there.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ProcessError } from '../errors.ts'
import { withFileLock } from '../file-lock.ts'
import type { ProcessHost } from '../host.ts'
import { readLog } from '../log-file.ts'
import { isSame } from '../pid.ts'
import type { ProcessIdentity } from '../pid.ts'
import type { Death } from '../process-table.ts'
import { files, protocolVersion } from './protocol.ts'
import type { CallName, Calls, Failure } from './protocol.ts'

const startMs = 30_000
const closeMs = 180_000

/**
 * The supervisor of `dir` as a host, started when it is not running. Closing the host ends the
 * supervisor too.
 */
export async function supervisedHost(dir: string, env: NodeJS.ProcessEnv = process.env): Promise<ProcessHost> {
  await mkdir(dir, { recursive: true })
  await withFileLock(join(dir, 'supervisor.lock'), async () => {
    const hello = await helloFrom(dir)
    if (hello?.protocol === protocolVersion) return
    if (hello) await call(dir, 'close', undefined, closeMs)
    await endUnanswering(dir)
    await launch(dir, env)
  })
  return hostAt(dir)
}

/** The host when its supervisor is running; otherwise undefined, and nothing is started. */
export async function runningHost(dir: string): Promise<ProcessHost | undefined> {
  return (await helloFrom(dir)) ? hostAt(dir) : undefined
}

/**
 * The last deaths that a supervisor of `dir` noticed, oldest first; readable also after the
 * supervisor itself has ended.
 */
export async function recordedDeaths(dir: string, limit = 20): Promise<readonly Death[]> {
  const text = await readFile(join(dir, files.deaths), 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter(Boolean)
    .slice(-limit)
    .map((line) => JSON.parse(line) as Death)
}

function hostAt(dir: string): ProcessHost {
  return {
    async start(spec) {
      const limit = spec.readyTimeoutMs + (spec.stopTimeoutMs ?? 10_000) + 15_000
      await call(dir, 'start', spec, limit)
    },
    async stop(name, options) {
      await call(dir, 'stop', { name, ...options }, closeMs)
    },
    list: () => call(dir, 'list', undefined, 10_000),
    async close() {
      await call(dir, 'close', undefined, closeMs)
    },
  }
}

function helloFrom(dir: string) {
  return call(dir, 'hello', undefined, 5000).catch(() => undefined)
}

/**
 * A supervisor that hangs, or whose socket was removed, is ended: two would run everything twice.
 */
async function endUnanswering(dir: string): Promise<void> {
  const text = await readFile(join(dir, files.pid), 'utf8').catch(() => '')
  if (!text) return
  const identity = JSON.parse(text) as ProcessIdentity
  if (isSame(identity)) process.kill(identity.pid, 'SIGKILL')
  await rm(join(dir, files.pid), { force: true })
}

async function launch(dir: string, env: NodeJS.ProcessEnv): Promise<void> {
  const log = openSync(join(dir, files.log), 'a')
  const main = join(import.meta.dirname, 'main.ts')
  const child = spawn(process.execPath, [main, dir, socketOf(dir)], {
    cwd: '/',
    env,
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  child.unref()
  const deadline = performance.now() + startMs
  while (!(await helloFrom(dir))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      const cause = child.exitCode === null ? 'does not answer' : `ended with exit code ${child.exitCode}`
      throw new ProcessError('supervisor', cause, readLog(join(dir, files.log), 0, 4096))
    }
    await sleep(30)
  }
}

/** The kernel takes no socket path longer than 107 bytes. */
function socketOf(dir: string): string {
  const path = join(dir, 'supervisor.sock')
  if (Buffer.byteLength(path) <= 100) return path
  return join(tmpdir(), `orderpipeline-${createHash('sha256').update(dir).digest('hex').slice(0, 16)}.sock`)
}

async function call<Name extends CallName>(
  dir: string,
  name: Name,
  input: Calls[Name]['input'],
  timeoutMs: number,
): Promise<Calls[Name]['output']> {
  const body = input === undefined ? undefined : JSON.stringify(input)
  return await new Promise((resolve, reject) => {
    const options = { socketPath: socketOf(dir), path: `/${name}`, method: 'POST', timeout: timeoutMs, agent: false }
    const outgoing = request(options, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(text) as Calls[Name]['output'])
        else reject(new Error((JSON.parse(text) as Failure).message))
      })
      response.on('error', reject)
    })
    outgoing.on('timeout', () =>
      outgoing.destroy(new Error(`the supervisor did not answer ${name} within ${timeoutMs} ms`)),
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
