// Does the console that the chart deploys stay within its memory, and does its program run? The
// bundle of the image, as a process of its own, on a real API server, with fifty viewers.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { bundleImages, operatorImage } from '@orderpipeline/images'
import { kubeconfig } from '@orderpipeline/cluster/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { run } from '../src/process/run.ts'
import { ensureTool } from '../src/tools/index.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const namespace = 'console-memory'
/**
 * Megabytes that are resident, and those of them that cannot be given back: the others are pages of
 * Node's own program, some 58.
 */
const largest = { all: 100, own: 60 }
let folder: string
let child: ChildProcess | undefined

async function kubectl(args: readonly string[], input?: unknown): Promise<string> {
  const options = { timeoutMs: 60_000, ...(input === undefined ? {} : { input: JSON.stringify(input) }) }
  const { stdout } = await run(
    await ensureTool('kube'),
    ['kubectl', '--kubeconfig', kubeconfig(), '-n', namespace, ...args],
    options,
  )
  return stdout
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'console-memory-'))
  await kubectl(['create', 'namespace', namespace])
  const { shown } = parse(await readFile(join(root, 'console/deploy/rbac-rules.yaml'), 'utf8')) as { shown: unknown }
  const everything = [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list'] }]
  const rbac = 'rbac.authorization.k8s.io'
  const account = (name: string, rules: unknown) => [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } },
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { name }, rules },
    {
      ...{ apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata: { name } },
      roleRef: { apiGroup: rbac, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  ]
  const pipeline = parse(await readFile(join(root, 'examples/shop.yaml'), 'utf8')) as object
  const items = [...account('console', shown), ...account('viewer', everything), pipeline]
  await kubectl(['create', '-f', '-'], { apiVersion: 'v1', kind: 'List', items })
})
afterAll(async () => {
  child?.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

test('shows fifty viewers a pipeline within the memory that the chart gives it, and ends at SIGTERM', async () => {
  await bundleImages({ root, outDir: join(folder, 'dist'), definitions: [operatorImage] })
  const { clusters } = parse(await readFile(kubeconfig(), 'utf8')) as {
    clusters: { cluster: Record<string, string> }[]
  }
  const cluster = clusters[0]?.cluster ?? {}
  const server = new URL(cluster['server'] ?? '')
  const ca = cluster['certificate-authority-data']
  await writeFile(
    join(folder, 'ca.crt'),
    ca ? Buffer.from(ca, 'base64') : await readFile(cluster['certificate-authority'] ?? ''),
  )
  await writeFile(join(folder, 'token'), await kubectl(['create', 'token', 'console']))
  const { port, process: started } = await startProgram({
    ...{ HTTP_PORT: '0', LISTEN_ADDRESS: '127.0.0.1', NAMESPACES: namespace, SERVICE_ACCOUNT_FOLDER: folder },
    ...{ KUBERNETES_SERVICE_HOST: server.hostname, KUBERNETES_SERVICE_PORT: server.port },
  })
  const origin = `http://127.0.0.1:${port}`
  const page = { origin, 'content-type': 'application/json' }
  const token = (await kubectl(['create', 'token', 'viewer'])).trim()
  const signedIn = await fetch(`${origin}/api/session`, {
    method: 'POST',
    headers: page,
    body: JSON.stringify({ token }),
  })
  expect(signedIn.status).toBe(200)
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''
  const stop = new AbortController()
  await Promise.all(Array.from({ length: 50 }, () => viewing(origin, cookie, stop.signal)))
  expect(await (await fetch(origin)).text()).toContain('<div id="app">')
  const measured = await largestMemory(started, 20)
  process.stderr.write(`The console took up to ${measured.all} MB with 50 viewers, ${measured.own} MB of its own.\n`)
  expect(measured.own).toBeLessThan(largest.own)
  expect(measured.all).toBeLessThan(largest.all)
  stop.abort()
  const ended = new Promise((resolve) => started.once('exit', resolve))
  started.kill('SIGTERM')
  expect(await ended).toBe(0)
})

/** As the image and the chart run it: with its compiled code, and a small heap. */
async function startProgram(variables: Record<string, string>) {
  const program = join(folder, 'dist', 'operator', 'app', 'console.mjs')
  const cache = { NODE_COMPILE_CACHE: join(folder, 'cache'), NODE_COMPILE_CACHE_PORTABLE: '1', NODE_ENV: 'production' }
  const options = { NODE_OPTIONS: '--max-old-space-size=60 --max-semi-space-size=1' }
  const env = { ...variables, ...cache, ...options }
  await expect(
    run(process.execPath, [program], { env: { ...env, HTTP_PORT: 'none' }, timeoutMs: 60_000 }),
  ).rejects.toThrow('HTTP_PORT')
  const started = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  child = started
  let output = ''
  const port = new Promise<number>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString()
      const port = /"port":(\d+).*"message":"started"/.exec(output)?.[1]
      if (port !== undefined) resolve(Number(port))
    }
    started.stdout.on('data', read)
    started.stderr.on('data', read)
    started.once('exit', (code) => reject(new Error(`the console ended with ${code}: ${output}`)))
  })
  return { port: await port, process: started }
}

/** Until the pipeline has come; then the stream is read on. */
async function viewing(origin: string, cookie: string, signal: AbortSignal): Promise<void> {
  const stream = await fetch(`${origin}/api/stream`, { headers: { cookie }, signal })
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!text.includes('"name":"shop"')) {
    const { done, value } = await reader.read()
    if (done) throw new Error(`the stream ended with ${text}`)
    text += value
  }
  const readOn = async (): Promise<void> => {
    while (!(await reader.read()).done);
  }
  readOn().catch(() => undefined)
}

/** Megabytes, the most of some seconds. */
async function largestMemory({ pid }: ChildProcess, looks: number): Promise<{ all: number; own: number }> {
  const most = { all: 0, own: 0 }
  for (let look = 0; look < looks; look += 1) {
    await sleep(500)
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const megabytes = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1_024)
    most.all = Math.max(most.all, megabytes('VmRSS'))
    most.own = Math.max(most.own, megabytes('RssAnon'))
  }
  return most
}
