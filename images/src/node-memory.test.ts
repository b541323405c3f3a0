import { expect, it } from 'vitest'
import { memoryEnv, memoryEnvUnder } from './node-memory.ts'

it('measures outside a container with the settings of the images, at 60 % of the named limit', () => {
  const { NODE_OPTIONS: options = '', ...others } = memoryEnv
  const heap = '--max-old-space-size=153' // of 256 MiB, rounded down as Node does
  const measured = options.replace('--max-old-space-size-percentage=60', heap)
  expect(measured).toContain(heap)
  expect(memoryEnvUnder(256)).toEqual({ ...others, NODE_OPTIONS: measured })
})
