// How do two commands that begin at once take turns, as when both find that dependencies are to be
// installed? By a folder that only one of them is able to make, with the process in it. Plain
// JavaScript without dependencies, as run.mjs.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const pollMs = 200

/**
 * Runs `work` while no other process runs its own under the same lock. The lock of a process that
 * has ended is taken over.
 * @param {string} folder where the lock is
 * @param {{ onWait: (pid: number) => void }} told once, when another process holds it
 * @param {() => T} work
 * @returns {Promise<T>}
 * @template T
 */
export async function withLock(folder, { onWait }, work) {
  let waiting = false
  while (!acquired(folder)) {
    const holder = holderOf(folder)
    if (holder !== undefined && !waiting) onWait(holder)
    waiting ||= holder !== undefined
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
  try {
    return work()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function acquired(folder) {
  try {
    mkdirSync(folder)
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    const holder = holderOf(folder)
    if (holder !== undefined && !runs(holder)) rmSync(folder, { recursive: true, force: true })
    return false
  }
  writeFileSync(join(folder, 'pid'), String(process.pid))
  return true
}

/** Undefined for the moment between making the folder and writing the process into it. */
function holderOf(folder) {
  try {
    return Number(readFileSync(join(folder, 'pid'), 'utf8')) || undefined
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

function runs(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
