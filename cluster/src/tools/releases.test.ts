import { expect, it } from 'vitest'
import { recipes } from './recipes.ts'
import type { ToolName } from './recipes.ts'
import { releaseOf } from './releases.ts'

const linux = { os: 'linux', arch: 'amd64' }
const tools = Object.keys(recipes) as ToolName[]

it('every tool has a release, except those whose projects publish no executables', () => {
  expect(tools.filter((tool) => !releaseOf(tool, linux)).sort()).toEqual([
    'keda-metrics-apiserver',
    'keda-operator',
    'metrics-server',
    'tiltfile',
  ])
})

it('every address has the version of the recipe, and checksums come from the host of the file', () => {
  for (const tool of tools) {
    for (const { url, sums } of releaseOf(tool, linux)?.artifacts ?? []) {
      const { version } = recipes[tool]
      expect(url).toContain(tool === 'kubectl' ? version.replace(/^0/, '1') : version)
      expect(new URL(sums).origin).toBe(new URL(url).origin)
      expect(url).toMatch(/^https:/)
    }
  }
})

it('Kubernetes is downloaded as its separate programs', () => {
  const { artifacts = [], programs } = releaseOf('kube', linux) ?? {}
  expect(programs).toBe(true)
  expect(artifacts.map(({ executables }) => executables)).toEqual([
    'kube-apiserver',
    'kube-controller-manager',
    'kube-scheduler',
    'kube-proxy',
    'kubelet',
    'kubectl',
  ])
})

it('a platform without releases has no download', () => {
  expect(tools.filter((tool) => releaseOf(tool, { os: 'linux', arch: 'riscv64' }))).toEqual([])
  expect(tools.filter((tool) => releaseOf(tool, { os: 'win32', arch: 'amd64' }))).toEqual([])
  expect(releaseOf('kube', { os: 'darwin', arch: 'arm64' })).toBeUndefined() // there is no kubelet for it
  expect(releaseOf('kubectl', { os: 'darwin', arch: 'arm64' })).toBeDefined()
})
