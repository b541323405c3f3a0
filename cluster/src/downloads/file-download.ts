// How does a large file come over a connection that may break, stall or crawl? Piece by piece into
// a file next to its final place. An interrupted download continues where it broke off, also in a
// later run. The file is moved into place only when its checksum is right.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { backoffMs, sleep } from '@orderpipeline/retry'
import { exists } from '../files.ts'
import { DownloadError } from './errors.ts'
import { refuseDowngrade } from './source.ts'

export interface DownloadLimits {
  /** A moment of performance.now(): after it, building would be quicker than downloading. */
  readonly until: number
  /** After so long without a byte the connection is closed and opened again. */
  readonly stallMs?: number
  /** How long its speed is watched before it may be called too slow. */
  readonly judgeAfterMs?: number
  /** The longest wait before the second attempt; it doubles each time. */
  readonly backoffMs?: number
  /** Bytes so far, and of all where that is known. */
  readonly onBytes?: (received: number, total: number | undefined) => void
}

/** Attempts in a row that bring nothing. */
const fruitlessTries = 5
const fruitBytes = 256 << 10
const longestBackoffMs = 30_000

/** @throws DownloadError */
export async function downloadFile(url: string, sha256: string, place: string, limits: DownloadLimits): Promise<void> {
  if ((await sha256Of(place)) === sha256) return // an earlier run came so far
  const part = `${place}.part`
  await mkdir(dirname(place), { recursive: true })
  const resumed = (await sizeOf(part)) > 0
  await receive(url, part, limits)
  if ((await sha256Of(part)) !== sha256) {
    await rm(part, { force: true })
    // The rest of an earlier run may be of another file.
    if (resumed) return await downloadFile(url, sha256, place, limits)
    throw new DownloadError('WrongSum', `${url} does not have the SHA-256 that its release publishes`)
  }
  await rename(part, place)
}

/** Repeats until the whole of it is in `part`. */
async function receive(url: string, part: string, limits: DownloadLimits): Promise<void> {
  const backoff = { firstMs: limits.backoffMs ?? 500, maxMs: longestBackoffMs }
  for (let fruitless = 0; ;) {
    const before = await sizeOf(part)
    const problem = await receiveOnce(url, part, before, limits).catch((cause: unknown) => {
      if (cause instanceof DownloadError && cause.reason !== 'Interrupted') throw cause
      return cause
    })
    if (problem === undefined) return
    fruitless = (await sizeOf(part)) - before >= fruitBytes ? 0 : fruitless + 1
    if (fruitless >= fruitlessTries || performance.now() > limits.until)
      throw new DownloadError('Interrupted', `${url} breaks off repeatedly`, { cause: problem })
    await sleep(backoffMs(fruitless + 1, backoff))
  }
}

async function receiveOnce(url: string, part: string, offset: number, limits: DownloadLimits): Promise<void> {
  const stalled = new AbortController()
  const { stallMs = 20_000 } = limits
  const stall = () => stalled.abort(new DownloadError('Interrupted', `${url} sent nothing for ${stallMs / 1_000} s`))
  const timer = setTimeout(stall, stallMs)
  try {
    const headers: Record<string, string> = offset > 0 ? { range: `bytes=${offset}-` } : {}
    const response = await fetch(url, { headers, signal: stalled.signal })
    refuseDowngrade(url, response)
    const from = await begins(url, part, response, offset)
    const length = Number(response.headers.get('content-length')) || undefined
    await using file = await open(part, 'a')
    await file.truncate(from)
    await write(file, response, from, length && from + length, limits, () => timer.refresh(), url)
    await file.sync()
  } finally {
    clearTimeout(timer)
  }
}

/** At which byte the answer begins. @throws DownloadError */
async function begins(url: string, part: string, response: Response, offset: number): Promise<number> {
  if (response.status === 200) return 0
  const [, start] = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '') ?? []
  if (response.status === 206 && Number(start) === offset) return offset
  await response.body?.cancel()
  if (response.status === 416) await rm(part, { force: true }) // longer than what there is: another file's
  const comesBack = response.status === 416 || response.status === 429 || response.status >= 500
  throw new DownloadError(comesBack ? 'Interrupted' : 'NotFound', `${url} answers ${response.status}`)
}

async function write(
  file: FileHandle,
  response: Response,
  from: number,
  total: number | undefined,
  limits: DownloadLimits,
  alive: () => void,
  url: string,
): Promise<void> {
  const { judgeAfterMs = 10_000, onBytes, until } = limits
  const startedAt = performance.now()
  let received = from
  for await (const chunk of response.body ?? []) {
    alive()
    await file.write(chunk as Uint8Array)
    received += (chunk as Uint8Array).length
    onBytes?.(received, total)
    const elapsed = performance.now() - startedAt
    if (total === undefined || elapsed < judgeAfterMs) continue
    const leftMs = ((total - received) * elapsed) / (received - from)
    if (performance.now() + leftMs > until) throw new DownloadError('TooSlow', `${url} is too slow`)
  }
  if (total !== undefined && received < total) throw new DownloadError('Interrupted', `${url} broke off`)
}

/** Nothing where there is no such file. */
async function sha256Of(path: string): Promise<string | undefined> {
  if (!(await exists(path))) return undefined
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}

function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}
