// Does a project keep to its own state and ports, and is what it meets there named?
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { recordName } from '@orderpipeline/cluster/dev-runtimes'
import { identify, isSame } from '@orderpipeline/cluster/supervised'
import { freedPorts, lockState } from './state.ts'

let dir: string
beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'orderpipeline-state-')))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  vi.stubEnv('XDG_STATE_HOME', join(dir, 'state'))
  onTestFinished(() => void vi.unstubAllEnvs())
})

async function pipelineFile(folder: string): Promise<string> {
  await mkdir(join(dir, folder))
  const file = join(dir, folder, 'shop.yaml')
  await writeFile(file, '')
  return file
}

async function sleeper(): Promise<number> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore', detached: true })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child, 'spawn')
  return child.pid ?? 0
}

it('names what holds a port of an earlier run, and forgets the port', async () => {
  const server = createServer()
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve))
  const { port } = server.address() as AddressInfo
  const file = join(dir, 'ports.json')
  await writeFile(file, JSON.stringify({ kafka: port, api: 1 }))
  expect(await freedPorts(file)).toEqual([
    { name: 'kafka', port, holder: expect.stringMatching(new RegExp(`\\(process ${process.pid}\\)$`)) as string },
  ])
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ api: 1 })
  expect(await freedPorts(join(dir, 'none.json'))).toEqual([])
})

it('gives two files of the same name a state each, and refuses a second run of one of them', async () => {
  const [here, there] = [await pipelineFile('here'), await pipelineFile('there')]
  const first = await lockState(here, false)
  expect((await lockState(there, false)).dir).not.toBe(first.dir)
  const gateway = 'http://127.0.0.1:1'
  const other = { ...identify(await sleeper()), file: here, pipeline: 'shop', kubeconfig: '', since: 0, gateway }
  await writeFile(join(first.dir, recordName), JSON.stringify(other))
  await expect(lockState(here, false)).rejects.toMatchObject({
    message: `${here} runs already, as process ${other.pid}; it accepts orders at ${gateway}.`,
    advice: expect.stringContaining('Ctrl-C') as string,
  })
  await lockState(there, false)
})

it('ends what a killed run has left, and no process that has got its number since', async () => {
  const file = await pipelineFile('here')
  const { dir: state, processes } = await lockState(file, false)
  const [leftover, stranger] = [await sleeper(), await sleeper()]
  const dead = { ...identify(stranger), startedAt: 'earlier' }
  await mkdir(processes)
  await writeFile(join(processes, 'kafka.pid'), JSON.stringify(identify(leftover)))
  await writeFile(join(processes, 'postgres.pid'), JSON.stringify(dead))
  await writeFile(
    join(state, recordName),
    JSON.stringify({ ...dead, file, pipeline: 'shop', kubeconfig: '', since: 0 }),
  )
  const before = identify(leftover)
  await lockState(file, false)
  expect(isSame(before)).toBe(false)
  expect(isSame(identify(stranger))).toBe(true)
})
