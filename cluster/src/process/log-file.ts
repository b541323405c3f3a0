// What has a process printed? Its output goes straight to a file, so that nothing is lost when the
// process that started it ends; the file is kept from growing without bound.
import { closeSync, openSync, readSync, renameSync, statSync, truncateSync, copyFileSync } from 'node:fs'

const largestBytes = 32 * 1024 * 1024

export interface LogFile {
  readonly path: string
  /** For the child's stdout and stderr; close it once the child has it. */
  readonly descriptor: number
  /** Where this run's output begins. */
  readonly from: number
}

/** Appends; once the file has grown large it is renamed to `.1`, and a new one begins. */
export function openLog(path: string): LogFile {
  if (size(path) > largestBytes) renameSync(path, `${path}.1`)
  const descriptor = openSync(path, 'a', 0o644)
  return { path, descriptor, from: size(path) }
}

/** Output between two offsets, at most the last `limit` bytes of it. */
export function readLog(path: string, from: number, limit: number): string {
  const end = size(path)
  const start = Math.max(Math.min(from, end), end - limit)
  if (end <= start) return ''
  const file = openSync(path, 'r')
  try {
    const buffer = Buffer.alloc(end - start)
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, start))
  } finally {
    closeSync(file)
  }
}

/** The writer appends, so it goes on at the start of the emptied file. */
export function shortenLog(path: string): void {
  if (size(path) <= largestBytes) return
  copyFileSync(path, `${path}.1`)
  truncateSync(path)
}

function size(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
