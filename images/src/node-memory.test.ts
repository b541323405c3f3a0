import { describe, expect, it } from 'vitest'
import { operatorImage, servicesImage } from './definitions.ts'
import { memoryEnv, memoryEnvUnder } from './node-memory.ts'

describe('the memory of an image', () => {
  it('is measured outside a container with the settings of the image, at 60 % of the named limit', () => {
    const { NODE_OPTIONS: options = '', ...others } = memoryEnv(operatorImage)
    const heap = '--max-old-space-size=153' // of 256 MiB, rounded down as Node does
    const measured = options.replace('--max-old-space-size-percentage=60', heap)
    expect(measured).toContain(heap)
    expect(memoryEnvUnder(256, operatorImage)).toEqual({ ...others, NODE_OPTIONS: measured })
  })

  it('has a smaller young generation in the operator than in services', () => {
    expect(memoryEnv(operatorImage)['NODE_OPTIONS']).toMatch(/--max-semi-space-size=4$/)
    expect(memoryEnv(servicesImage)['NODE_OPTIONS']).toMatch(/--max-semi-space-size=8$/)
  })
})
