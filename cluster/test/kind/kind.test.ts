// How much of the way over Docker holds without Docker? kind itself reads kind-config.yaml, and
// images are loaded by the commands that kind and Docker document, recorded by two scripts in their
// place.
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { configFile } from '../../src/providers/kind/cluster.ts'
import { loadImages } from '../../src/providers/kind/images.ts'
import type { KindImage } from '../../src/providers/kind/images.ts'
import { ProgramError, run } from '../../src/process/run.ts'
import { silent } from '../../src/progress/progress.ts'
import { ensureTool } from '../../src/tools/index.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kind-'))
})
afterEach(() => rm(dir, { recursive: true }))

/** A program in the place of another, which records how it is called. */
async function script(name: string, body: string): Promise<string> {
  const path = join(dir, name)
  await writeFile(path, `#!/bin/sh\necho "${name} $*" >> ${join(dir, 'calls')}\n${body}\n`)
  await chmod(path, 0o755)
  return path
}

/**
 * The output of `kind create cluster` with a Docker that has nothing: it decodes and checks the
 * configuration, then pulls the node.
 */
async function kindSays(config: string): Promise<string> {
  const kind = await ensureTool('kind')
  await script('docker', `case "$1" in info) echo '{"CgroupVersion":"2"}' ;; ps) ;; *) exit 7 ;; esac`)
  const env = { PATH: `${dir}:/bin`, KIND_EXPERIMENTAL_PROVIDER: 'docker' }
  const outcome = await run(kind, ['create', 'cluster', '--config', config], { timeoutMs: 30_000, env }).catch(
    (error: unknown) => error,
  )
  if (outcome instanceof ProgramError) return outcome.output
  throw new Error('kind has made a cluster without Docker', { cause: outcome })
}

describe('kind', { timeout: 600_000 }, () => {
  test('accepts kind-config.yaml and then pulls the image of the node', async () => {
    expect(await kindSays(configFile)).toMatch(/failed to pull image "kindest\/node/)
  })

  test.each([
    ['hostPort: 30080', 'hostport: 30080', /unknown field|not found in type/],
    ['hostPort: 30080', 'hostPort: 300800', /invalid hostPort: invalid port number: 300800/],
    ['role: control-plane', 'role: worker', /control-plane/],
  ])('refuses the configuration with %s changed to %s', async (from, to, message) => {
    const changedFile = join(dir, 'config.yaml')
    const text = await readFile(configFile, 'utf8')
    await writeFile(changedFile, text.replace(from, to))
    expect(await kindSays(changedFile)).toMatch(message)
  })
})

describe('loading of images onto the node', () => {
  const image = (name: string): KindImage => {
    const [repository = '', tag = ''] = name.split(':')
    return { name, repository, tag, archive: () => Promise.resolve(`/archives/${tag}.tar`) }
  }

  test('loads the archive of each image whose tag the node does not have, and no other', async () => {
    const options = {
      cluster: 'orderpipeline',
      dir: join(dir, 'archives'),
      docker: await script('docker', 'echo docker.io/orderpipeline/services:abc; echo sha256:123'),
      kind: await script('kind', ''),
    }
    await loadImages([image('orderpipeline/services:abc'), image('orderpipeline/operator:def')], options, silent)
    expect((await readFile(join(dir, 'calls'), 'utf8')).trim().split('\n')).toEqual([
      'docker exec orderpipeline-control-plane ctr --namespace=k8s.io images list --quiet',
      'kind load image-archive /archives/def.tar --name orderpipeline',
    ])
  })
})
