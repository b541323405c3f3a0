import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { isFree } from '@orderpipeline/cluster/embedding'
import { expect, it } from 'vitest'
import { answers } from './port-holder.ts'

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
