import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { nextSteps } from './next-steps.ts'

const summary = { provider: 'native', took: '1 min', without: [], kubeconfig: '/k' } as const

it('names the command that opens the console first, for every provider', () => {
  for (const provider of ['native', 'kind'] as const) {
    const [, , , first] = nextSteps({ ...summary, provider }).split('\n')
    expect(first).toContain('npm run orderpipeline -- console --open')
  }
})

it('names no part that the cluster was started without', () => {
  const text = nextSteps({ ...summary, without: ['dev-services', 'prometheus'] })
  expect(text).not.toMatch(/dev-services|prometheus|token/)
})

it('is what the README shows', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8')
  const kubeconfig = '/var/lib/orderpipeline/local/kubeconfig'
  expect(readme).toContain(nextSteps({ ...summary, took: '1 min 15 s', kubeconfig }))
})
