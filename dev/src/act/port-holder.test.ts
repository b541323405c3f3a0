import { spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { isFree } from '@orderpipeline/cluster/supervised'
import { expect, it, onTestFinished } from 'vitest'
import { answers, portHolder } from './port-holder.ts'

const hasLsof = spawnSync('lsof', ['-v']).error === undefined

async function usedPort(): Promise<number> {
  const server = createServer()
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve))
  return (server.address() as AddressInfo).port
}

it('the process that listens on a port is named with its number', async () => {
  expect(await portHolder(await usedPort())).toBe(`node (process ${process.pid})`)
})

it.runIf(hasLsof)('lsof names the process that listens on a port where there is no /proc', async () => {
  expect(await portHolder(await usedPort(), 'darwin')).toContain(`(process ${process.pid})`)
  expect(await portHolder(1, 'darwin')).toBeUndefined()
})

it('a port that answers is distinguished from one that does not', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve))
  const { port } = server.address() as AddressInfo
  expect(await answers(port)).toBe(true)
  expect(await isFree(port)).toBe(false)
  await new Promise((resolve) => server.close(resolve))
  expect(await answers(port)).toBe(false)
  expect(await isFree(port)).toBe(true)
})
