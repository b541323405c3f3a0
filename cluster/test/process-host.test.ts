import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@orderpipeline/retry/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inProcessHost, recordedDeaths, runningHost, supervisedHost } from '../src/process/index.ts'
import type { ProcessHost, ProcessSpec } from '../src/process/index.ts'
import { isAlive } from '../src/process/pid.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'process-host-'))
})
afterEach(async () => {
  await (await runningHost(dir))?.close()
  await rm(dir, { recursive: true, force: true })
})

function script(name: string, code: string, extra: Partial<ProcessSpec> = {}): ProcessSpec {
  return {
    name,
    command: process.execPath,
    args: ['-e', code],
    ready: { kind: 'log', pattern: 'ready' },
    readyTimeoutMs: 20_000,
    ...extra,
  }
}
const serving = script('serving', 'console.log("ready"); setInterval(() => {}, 1000)')

async function pidOf(host: ProcessHost, name: string) {
  return (await host.list()).find((p) => p.name === name)?.pid ?? 0
}

const hosts = [
  ['in the calling process', (d: string) => Promise.resolve(inProcessHost(d))],
  ['under the supervisor', (d: string) => supervisedHost(d)],
] as const

describe.each(hosts)('a host %s', (_, open) => {
  it('starts a process, keeps one with an identical description and replaces one with another description', async () => {
    const host = await open(dir)
    await host.start(serving)
    const first = await pidOf(host, 'serving')
    await host.start(serving)
    expect(await pidOf(host, 'serving')).toBe(first)
    await host.start({ ...serving, env: { A: 'b' } })
    expect(await pidOf(host, 'serving')).not.toBe(first)
    expect(isAlive(first)).toBe(false)
    await host.close()
  })

  it('rejects with the last output of a process that ends before it is ready', async () => {
    const host = await open(dir)
    const failing = script('failing', 'console.error("no such table"); process.exit(3)')
    await expect(host.start(failing)).rejects.toThrow(/failing ended with exit code 3.*\n.*no such table/)
    expect((await host.list())[0]).toMatchObject({ state: 'died', lastDeath: { cause: 'ended with exit code 3' } })
    await host.close()
  })

  it('rejects when the program does not exist, and when it is late', async () => {
    const host = await open(dir)
    await expect(host.start({ ...serving, command: '/does/not/exist' })).rejects.toThrow(/serving/)
    const late = script('late', 'setInterval(() => {}, 1000)', { readyTimeoutMs: 300 })
    await expect(host.start(late)).rejects.toThrow('late was not ready after 0.3 s')
    await host.close()
  })

  it('stops a process with its signal, and kills one that does not end', async () => {
    const host = await open(dir)
    const stubborn = 'process.on("SIGTERM", () => console.log("no")); console.log("ready"); setInterval(() => {}, 1000)'
    await host.start(script('stubborn', stubborn, { stopTimeoutMs: 1_500 }))
    const pid = await pidOf(host, 'stubborn')
    await host.stop('stubborn')
    expect(isAlive(pid)).toBe(false)
    expect(await readFile(join(dir, 'stubborn.log'), 'utf8')).toContain('no')
    await host.stop('stubborn')
    await host.close()
  })
})

describe('the supervisor', () => {
  it('restarts a process that has ended, and records the reason', async () => {
    const host = await supervisedHost(dir)
    await host.start(serving)
    const pid = await pidOf(host, 'serving')
    process.kill(pid, 'SIGKILL')
    await eventually(
      'it is started again',
      async () => (await host.list())[0]?.restarts === 1 && (await host.list())[0]?.state === 'ready',
    )
    expect(await pidOf(host, 'serving')).not.toBe(pid)
    expect(await recordedDeaths(dir)).toMatchObject([{ name: 'serving', cause: 'was ended by SIGKILL' }])
  })

  it('is found again by a second command', async () => {
    await (await supervisedHost(dir)).start(serving)
    const host = await supervisedHost(dir)
    expect(await host.list()).toMatchObject([{ name: 'serving', state: 'ready' }])
  })

  it('takes over from a supervisor that was killed, without starting a process twice', async () => {
    const first = await supervisedHost(dir)
    await first.start(serving)
    const orphan = await pidOf(first, 'serving')
    const { pid } = JSON.parse(await readFile(join(dir, 'supervisor.pid'), 'utf8')) as { pid: number }
    process.kill(pid, 'SIGKILL')
    await eventually('its process has ended', () => !isAlive(pid))

    expect(await runningHost(dir)).toBeUndefined()
    const second = await supervisedHost(dir)
    expect(isAlive(orphan)).toBe(false)
    await second.start(serving)
    expect(await second.list()).toMatchObject([{ name: 'serving', state: 'ready' }])
  })

  it('ends with its processes when it is closed', async () => {
    const host = await supervisedHost(dir)
    await host.start(serving)
    const pid = await pidOf(host, 'serving')
    await host.close()
    expect(isAlive(pid)).toBe(false)
    expect(await runningHost(dir)).toBeUndefined()
  })
})

it('a host that closes starts nothing more, also where a start and the end of everything come together', async () => {
  const host = inProcessHost(dir)
  const starting = host.start(serving)
  await Promise.all([host.close(), expect(starting).rejects.toThrow('serving was not started, since everything ends')])
  await expect(host.start(serving)).rejects.toThrow('since everything ends')
  expect(await host.list()).toEqual([])
})
