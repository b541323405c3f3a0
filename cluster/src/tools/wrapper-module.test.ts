import { describe, expect, it } from 'vitest'
import { isRecent } from './go.ts'
import { recipes } from './recipes.ts'
import type { Recipe } from './recipes.ts'
import { buildArguments, wrapperGoMod } from './wrapper-module.ts'

describe('the Go module that a foreign program is built from', () => {
  const source = {
    Go: '1.26.0',
    Require: [
      { Path: 'k8s.io/api', Version: 'v0.0.0' },
      { Path: 'a.io/b', Version: 'v1.2.3', Indirect: true },
    ],
    Exclude: [{ Path: 'a.io/c', Version: 'v5.0.0' }],
    Replace: [
      { Old: { Path: 'k8s.io/api' }, New: { Path: './staging/src/k8s.io/api' } },
      { Old: { Path: 'a.io/local' }, New: { Path: '../local' } },
      { Old: { Path: 'a.io/d', Version: 'v0.1.0' }, New: { Path: 'b.io/d', Version: 'v0.1.1' } },
    ],
  }

  it('requires the program at its version and keeps its requirements, exclusions and replacements', () => {
    const text = wrapperGoMod(recipes.kube, source)
    expect(text).toContain('require k8s.io/kubernetes v1.36.3\n')
    expect(text).toContain('require a.io/b v1.2.3 // indirect\n')
    expect(text).toContain('exclude a.io/c v5.0.0\n')
    expect(text).toContain('replace a.io/d v0.1.0 => b.io/d v0.1.1\n')
  })

  it('replaces a staging folder by the published version, and removes other local folders', () => {
    const text = wrapperGoMod(recipes.kube, source)
    expect(text).toContain('replace k8s.io/api => k8s.io/api v0.36.3\n')
    expect(text).not.toContain('a.io/local')
    expect(wrapperGoMod(recipes.helm, source)).not.toContain('replace k8s.io/api')
  })

  it('requires the libraries that it shares with another tool at the version of each, and no others of that', () => {
    const neighbour = {
      Require: [
        { Path: 'a.io/b', Version: 'v1.3.0' },
        { Path: 'a.io/only-there', Version: 'v1.0.0' },
      ],
    }
    const text = wrapperGoMod(recipes.coredns, source, neighbour)
    expect(text).toContain('require a.io/b v1.2.3 // indirect\nrequire a.io/b v1.3.0\n')
    expect(text).not.toContain('only-there')
    for (const [name, recipe] of Object.entries<Recipe>(recipes))
      if (recipe.sharesLibrariesWith !== undefined)
        expect((recipes as Record<string, Recipe>)[recipe.sharesLibrariesWith]?.sharesLibrariesWith).toBe(name)
  })

  it('builds several programs of one module into a folder, in one go', () => {
    const recipe: Recipe = recipes['keda-operator']
    const packages = ['operator', 'adapter'].map((name) => `${recipe.module}/cmd/${name}`)
    expect(buildArguments(recipe, '/out/', packages).slice(-4)).toEqual(['-o', '/out/', ...packages])
  })

  it('builds without cgo traces, with tags and version stamps', () => {
    const recipe: Recipe = recipes.containerd
    expect(buildArguments(recipe, '/out').join(' ')).toBe(
      '-trimpath -buildvcs=false -gcflags=all=-dwarf=false -ldflags -s -w -X github.com/containerd/containerd/v2/version.Version=v2.4.2 ' +
        '-tags no_btrfs,no_devmapper,no_zfs -o /out github.com/containerd/containerd/v2/cmd/containerd',
    )
  })
})

describe('the machine’s own Go', () => {
  it('is used from 1.21 on, the first version that fetches other toolchains', () => {
    expect(isRecent('go version go1.26.8 linux/amd64')).toBe(true)
    expect(isRecent('go version go1.21 linux/amd64')).toBe(true)
    expect(isRecent('go version go1.19.8 linux/amd64')).toBe(false)
    expect(isRecent('')).toBe(false)
  })
})
