import { expect, it } from 'vitest'
import { recipes, type ToolName } from './recipes.ts'
import { releaseOf } from './releases.ts'

const linux = { os: 'linux', arch: 'amd64' }
const tools = Object.keys(recipes) as ToolName[]

it('knows a release of every tool but those whose projects publish images only, or nothing', () => {
  expect(tools.filter((tool) => !releaseOf(tool, linux)).sort()).toEqual([
    'keda-metrics-apiserver',
    'keda-operator',
    'metrics-server',
    'tiltfile',
  ])
})

it('pins the version of the recipe in every address, and takes sums from the host of the file', () => {
  for (const tool of tools) {
    for (const { url, sums } of releaseOf(tool, linux)?.artifacts ?? []) {
      const { version } = recipes[tool]
      expect(url).toContain(tool === 'kubectl' ? version.replace(/^0/, '1') : version)
      expect(new URL(sums).origin).toBe(new URL(url).origin)
      expect(url).toMatch(/^https:/)
    }
  }
})

it('takes the whole of Kubernetes as its separate programs', () => {
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

it('offers nothing for a platform without releases', () => {
  expect(tools.filter((tool) => releaseOf(tool, { os: 'linux', arch: 'riscv64' }))).toEqual([])
  expect(tools.filter((tool) => releaseOf(tool, { os: 'win32', arch: 'amd64' }))).toEqual([])
  expect(releaseOf('kube', { os: 'darwin', arch: 'arm64' })).toBeUndefined() // there is no kubelet for it
  expect(releaseOf('kubectl', { os: 'darwin', arch: 'arm64' })).toBeDefined()
})
