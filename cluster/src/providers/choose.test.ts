import { describe, expect, it } from 'vitest'
import { NoProviderError, suitableProvider } from './choose.ts'
import type { Machine } from './choose.ts'

const machine: Machine = { platform: 'linux', arch: 'x64', root: true, dockerProblem: undefined }
const noDocker = { dockerProblem: 'Docker does not answer' }

describe('the provider', () => {
  it('is kind if Docker answers, and native for root on Linux without Docker', () => {
    expect(suitableProvider(machine)).toBe('kind')
    expect(suitableProvider({ ...machine, root: false, platform: 'darwin' })).toBe('kind')
    expect(suitableProvider({ ...machine, ...noDocker })).toBe('native')
  })

  it('is the requested one, if it can work', () => {
    expect(suitableProvider(machine, 'native')).toBe('native')
    expect(() => suitableProvider({ ...machine, root: false }, 'native')).toThrow(/--provider native.*needs root.*sudo/)
    expect(() => suitableProvider({ ...machine, ...noDocker }, 'kind')).toThrow(/Docker does not answer. Start Docker/)
  })

  it('is refused with the missing requirements of both, and how to meet them', () => {
    const neither = () => suitableProvider({ ...machine, ...noDocker, root: false })
    expect(neither).toThrow(NoProviderError)
    expect(neither).toThrow(/kind +Docker does not answer.*\n +native +needs root/)
  })
})
