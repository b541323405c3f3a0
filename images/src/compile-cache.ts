// How does a pod start without compiling its program again? Each program is run once at build time,
// as far as its configuration, and V8's compiled code is stored in the image. Node takes it only on
// the same V8 and kind of CPU and compiles as usual otherwise: a cache that does not fit costs
// nothing and breaks nothing.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { PackError } from './errors.ts'

/** The user of the image. Node keeps a compile cache per user id, in a folder named after it. */
export const imageUser = 65532

/**
 * Under this environment the cache is written and read; portable means relative to the programs,
 * wherever they are.
 */
export function compileCacheEnv(app: string): Record<string, string> {
  return { NODE_COMPILE_CACHE: join(app, 'compile-cache'), NODE_COMPILE_CACHE_PORTABLE: '1' }
}

/**
 * Values that no program accepts: each stops at its configuration, with everything loaded and
 * nothing touched.
 */
const wrongConfiguration = { HTTP_PORT: 'none', METRICS_PORT: 'none', DATABASE_URL: 'none' }
const wrongText = Object.entries(wrongConfiguration)
  .map(([name, value]) => `${name}=${value}`)
  .join(' ')
const runMs = 30_000

export interface WarmUp {
  /** Folder of the `.mjs` programs. */
  readonly app: string
  /** The Node that the image runs. */
  readonly node: string
  /** The user of the cache: that of the image, or of the build when that is the same. */
  readonly user: number
  /** Remembers what is compiled already; without it everything is compiled. */
  readonly stateFile?: string
}

/** Compiles the programs that changed since the last time, two at once; returns their names. */
export async function warmCompileCache({ app, node, user, stateFile }: WarmUp): Promise<readonly string[]> {
  const cache = join(app, 'compile-cache')
  const previous = stateFile !== undefined && existsSync(stateFile) && existsSync(cache) ? readState(stateFile) : {}
  if (Object.keys(previous).length === 0) rmSync(cache, { recursive: true, force: true })
  mkdirSync(cache, { recursive: true })
  const digests = programDigests(app, node)
  const changedFiles = Object.keys(digests).filter((file) => previous[file] !== digests[file])
  if (changedFiles.length === 0) return []

  const me = process.getuid?.() ?? user
  giveTo(cache, user, me)
  const queue = [...changedFiles]
  const worker = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) await runToConfiguration(node, app, file)
  }
  await Promise.all([worker(), worker()])
  giveTo(cache, me, user)
  for (const entry of readdirSync(cache, { recursive: true, withFileTypes: true })) {
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644) // Node makes them private to the builder
  }
  if (stateFile !== undefined) writeFileSync(stateFile, JSON.stringify(digests))
  return changedFiles
}

function readState(file: string): Record<string, string> {
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
}

function programDigests(app: string, node: string): Record<string, string> {
  const { size, mtimeMs } = statSync(node)
  const programs = readdirSync(app).filter((file) => file.endsWith('.mjs'))
  const digest = (file: string): string =>
    createHash('sha256')
      .update(`${size} ${mtimeMs} `)
      .update(readFileSync(join(app, file)))
      .digest('hex')
  return Object.fromEntries(programs.map((file) => [file, digest(file)]))
}

/** Node's folder is `v<version>-<arch>-<V8 and flags>-<uid>`. */
function giveTo(cache: string, from: number, to: number): void {
  if (from === to) return
  for (const folder of readdirSync(cache)) {
    if (!folder.endsWith(`-${from}`)) continue
    const target = join(cache, folder.replace(/-\d+$/, `-${to}`))
    rmSync(target, { recursive: true, force: true })
    renameSync(join(cache, folder), target)
  }
}

function runToConfiguration(node: string, app: string, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { ...compileCacheEnv(app), ...wrongConfiguration, NODE_ENV: 'production' }
    const child = spawn(node, [join(app, file)], { cwd: app, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (chunk: Buffer): void => void (output = (output + chunk.toString()).slice(-2000))
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    const late = setTimeout(() => child.kill('SIGKILL'), runMs)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(late)
      const why = explain(code, signal, output)
      if (why === undefined) resolve()
      else reject(new PackError(`${file} ${why}; its output:\n${output}`))
    })
  })
}

/** A program that cannot even load would be found only in the cluster; here it fails the build. */
function explain(code: number | null, signal: string | null, output: string): string | undefined {
  if (signal !== null) return `did not stop at a wrong configuration (${wrongText}) within ${runMs / 1000} s`
  if (code === 0) return `accepted a wrong configuration (${wrongText})`
  if (Object.keys(wrongConfiguration).some((name) => output.includes(name))) return undefined
  return `failed before its configuration was read (exit code ${code})`
}
