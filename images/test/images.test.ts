// Are the images as documented: the same for the same sources, complete, and alike with Docker and
// without?
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runtimeConfig } from '../src/archive.ts'
import { defaultCommand } from '../src/definitions.ts'
import {
  buildDockerImages,
  buildImages,
  bundleImages,
  chartValues,
  imageDefinitions,
  operatorImage,
} from '../src/index.ts'
import type { BuiltImage, ImageDefinition } from '../src/index.ts'

const definition: ImageDefinition = {
  name: 'greeter',
  repository: 'orderpipeline/greeter',
  programs: { greet: 'greet/main.ts' },
  folders: { 'migrations/greet': 'greet/migrations' },
}
const program = `
import { readFileSync } from 'node:fs'
const sql: string = readFileSync(new URL('./greet.sql', import.meta.url), 'utf8')
if (process.env.HTTP_PORT === 'none') {
  console.error('HTTP_PORT: found "none"; allowed: a port')
  process.exit(2)
}
console.log(sql)
`

let root: string
function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
async function build(outDir = 'dist'): Promise<BuiltImage> {
  const [image] = await buildImages({ root, outDir: join(root, outDir), definitions: [definition] })
  if (!image) throw new Error('nothing was built')
  return image
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'images-'))
  write('greet/main.ts', program)
  write('greet/greet.sql', "SELECT 'hello'")
  write('greet/migrations/0001.sql', 'CREATE TABLE greetings ()')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('the tag', () => {
  test('is the same for the same sources, in any folder, and a second build reuses the first', async () => {
    const first = await build()
    const second = await build()
    expect(second).toMatchObject({ name: first.name, built: false })

    const elsewhere = mkdtempSync(join(tmpdir(), 'images-elsewhere-'))
    cpSync(join(root, 'greet'), join(elsewhere, 'greet'), { recursive: true })
    const [bundle] = await bundleImages({ root: elsewhere, outDir: join(elsewhere, 'dist'), definitions: [definition] })
    rmSync(elsewhere, { recursive: true })
    expect(bundle?.tag).toBe(first.tag)
  })

  test.each(['greet/main.ts', 'greet/greet.sql', 'greet/migrations/0001.sql'])('changes with %s', async (path) => {
    const [before] = await bundleImages({ root, outDir: join(root, 'dist'), definitions: [definition] })
    write(
      path,
      readFileSync(join(root, path), 'utf8').replace('hello', 'good day') +
        (path.endsWith('.ts') ? 'console.log(1)' : '\n'),
    )
    const [after] = await bundleImages({ root, outDir: join(root, 'dist'), definitions: [definition] })
    expect(after?.tag).not.toBe(before?.tag)
  })
})

describe('the archive', () => {
  test('is an OCI layout whose blobs match their digests, and a Docker archive of the same layers', async () => {
    const image = await build()
    const content = unpack(image.tar)
    const index = json<{ manifests: { digest: string; annotations: Record<string, string> }[] }>(content, 'index.json')
    const [entry] = index.manifests
    expect(entry?.annotations['io.containerd.image.name']).toBe(`docker.io/${image.name}`)
    const manifest = json<{ config: { digest: string }; layers: { digest: string; size: number }[] }>(
      content,
      blob(entry?.digest),
    )
    for (const { digest, size } of manifest.layers) {
      const bytes = readFileSync(join(content, blob(digest)))
      expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(digest)
      expect(bytes.length).toBe(size)
    }
    const config = json<{ config: unknown; rootfs: { diff_ids: string[] } }>(content, blob(manifest.config.digest))
    expect(config.config).toEqual({ ...runtimeConfig, Cmd: ['/app/greet.mjs'] })
    expect(config.rootfs.diff_ids).toEqual(manifest.layers.map(({ digest }) => digest))
    expect(json(content, 'manifest.json')).toEqual([
      {
        Config: blob(manifest.config.digest),
        RepoTags: [image.name],
        Layers: manifest.layers.map(({ digest }) => blob(digest)),
      },
    ])
  })

  test('contains Node, the program with its text files, its compiled code and its migrations, all owned by root', async () => {
    const image = await build()
    const content = unpack(image.tar)
    const [{ Layers: layers } = { Layers: [] }] = json<{ Layers: string[] }[]>(content, 'manifest.json')
    const listing = layers
      .map((layer) => execFileSync('tar', ['-tvf', join(content, layer)], { encoding: 'utf8' }))
      .join('')
    expect(listing).toMatch(/^-rwxr-xr-x 0\/0 .* \.\/usr\/local\/bin\/node$/m)
    expect(listing).toMatch(/^drwxrwxrwt 0\/0 .* \.\/tmp\/$/m)
    expect(listing).toMatch(/^-rw-r--r-- 0\/0 .* app\/greet\.mjs$/m)
    expect(listing).toMatch(/^-rw-r--r-- 0\/0 .* app\/migrations\/greet\/0001\.sql$/m)
    expect(listing).toMatch(/^-rw-r--r-- 0\/0 .* app\/compile-cache\/v[^/]*-65532\/[0-9a-f]+$/m)
    expect(listing.split('\n').filter((line) => line && !line.includes(' 0/0 '))).toEqual([])

    const alone = join(root, 'alone.mjs')
    cpSync(join(root, 'dist', 'greeter', 'app', 'greet.mjs'), alone)
    expect(execFileSync(process.execPath, [alone], { encoding: 'utf8' })).toBe("SELECT 'hello'\n")
  })
})

describe('the build fails', () => {
  test('when a program is missing', async () => {
    rmSync(join(root, 'greet/main.ts'))
    await expect(build()).rejects.toThrow('greet/main.ts does not exist, but the greeter image needs it')
  })

  test('when a program does not compile, with the place', async () => {
    write('greet/main.ts', 'const = 1')
    await expect(build()).rejects.toThrow(/greet\/main\.ts:1:6/)
  })

  test('when a program cannot load without its node_modules', async () => {
    write('greet/main.ts', "await import(['a-package', 'that-is-not-there'].join('-'))")
    await expect(build()).rejects.toThrow(/greet\.mjs failed before its configuration was read/)
  })

  test('when a program accepts any configuration, since it would run during the build', async () => {
    write('greet/main.ts', 'console.log(process.env.HTTP_PORT)')
    await expect(build()).rejects.toThrow(/greet\.mjs accepted a wrong configuration/)
  })
})

test('images built with Docker have one manifest each, and the name of their registry', async () => {
  const docker = join(root, 'docker')
  const script = `#!/bin/sh\necho "$BUILDX_NO_DEFAULT_ATTESTATIONS $*" >> ${join(root, 'calls')}\n`
  writeFileSync(docker, script, { mode: 0o755 })
  const registry = 'registry.example.com/team'
  const options = { root, outDir: join(root, 'dist'), definitions: [definition], docker }
  const [image] = await buildDockerImages({ ...options, registry, tag: '1.2.3', platform: 'linux/arm64' })
  const names = [`orderpipeline/greeter:${image?.tag}`, `${registry}/greeter:1.2.3`]
  expect(image?.names).toEqual(names)
  const calls = readFileSync(join(root, 'calls'), 'utf8')
  expect(calls).toContain(
    `1 build --quiet --platform linux/arm64 --target greeter --tag ${names.join(' --tag ')} --file`,
  )
})

test('a program runs what its prelude makes before it, and changes with that', async () => {
  write('greet/prelude.ts', "export const code = () => Promise.resolve(`globalThis.greeting = 'from the prelude'`)")
  write('greet/main.ts', 'console.log((globalThis as { greeting?: string }).greeting)')
  const preluded = { ...definition, folders: {}, preludes: { greet: 'greet/prelude.ts' } }
  const [bundle] = await bundleImages({ root, outDir: join(root, 'dist'), definitions: [preluded] })
  const [without] = await bundleImages({
    root,
    outDir: join(root, 'without'),
    definitions: [{ ...definition, folders: {} }],
  })
  expect(bundle?.tag).not.toBe(without?.tag)
  const program = join(root, 'dist', 'greeter', 'app', 'greet.mjs')
  expect(execFileSync(process.execPath, [program], { encoding: 'utf8' })).toBe('from the prelude\n')
})

test('a program handles the signals of its start before anything else of it runs', async () => {
  write('greet/main.ts', "process.kill(process.pid, 'SIGTERM'); setTimeout(() => console.log('goes on'), 5_000)")
  await bundleImages({
    root,
    outDir: join(root, 'dist'),
    definitions: [{ ...definition, folders: {} }],
  })
  const program = readFileSync(join(root, 'dist', 'greeter', 'app', 'greet.mjs'), 'utf8')
  const handled = program.indexOf('process.pid===1')
  expect(handled).toBeGreaterThan(0)
  expect(handled).toBeLessThan(program.indexOf('process.kill('))
})

describe('the operator image', () => {
  const dist = mkdtempSync(join(tmpdir(), 'images-operator-'))
  const app = join(dist, 'operator', 'app')
  let modules: readonly string[] = []
  beforeAll(async () => {
    const repository = join(import.meta.dirname, '..', '..')
    const [bundle] = await bundleImages({ root: repository, outDir: dist, definitions: [operatorImage] })
    modules = bundle?.modules ?? []
  })
  afterAll(() => rmSync(dist, { recursive: true }))

  test('has a console that carries its page', () => {
    const bundle = readFileSync(join(app, 'console.mjs'), 'utf8')
    expect(bundle.slice(0, 200)).toContain('orderpipeline.dev/console-page')
    expect(defaultCommand(operatorImage)).toEqual(['/app/operator.mjs'])
  })

  test('has a console that makes dry runs on a thread, from a file of its own', async () => {
    expect(readFileSync(join(app, 'console.mjs'), 'utf8')).toContain('./threads/what-if.mjs')
    const scaling = { minReplicas: 1, maxReplicas: 5, lagPerReplica: 10 }
    const stage = { name: 'payment', image: 'p:1', consumes: [{ topic: 'placed' }], workSeconds: 0.1, scaling }
    const spec = { kafka: { strimziCluster: 'kafka' }, topics: [{ name: 'placed' }], stages: [stage] }
    const question = { ordersPerSecond: 10, minutes: 1, burst: 0, stage: 'payment' }
    const worker = new Worker(join(app, 'threads', 'what-if.mjs'), {
      workerData: { pipeline: { name: 'shop', spec }, question },
    })
    const answer = await new Promise<unknown>((resolve, reject) => worker.on('message', resolve).on('error', reject))
    expect(answer).toMatchObject({ answer: { present: { orders: 600 } } })
  })

  test('contains only the used part of its Kafka client', () => {
    expect(modules).toContain('node_modules/@platformatic/kafka/dist/network/connection.js')
    const unused = /node_modules\/(avsc|@platformatic\/kafka\/dist\/(registries|clients\/(admin|consumer|producer)))\//
    expect(modules.filter((path) => unused.test(path))).toEqual([])
  })
})

test('the charts get the tags of both images', () => {
  const images = [
    { repository: 'orderpipeline/services', tag: 'a' },
    { repository: 'orderpipeline/operator', tag: 'b' },
  ]
  expect(chartValues(images)).toEqual({
    'orderpipeline-operator': {
      image: { repository: 'orderpipeline/operator', tag: 'b' },
      servicesImage: { repository: 'orderpipeline/services', tag: 'a' },
    },
    'order-shop': { image: { repository: 'orderpipeline/services', tag: 'a' } },
  })
})

test('the Dockerfile builds equal images: the pinned Node, user, environment and entry point', () => {
  const dockerfile = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8')
  const pinned = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    devDependencies: { node: string }
  }
  expect(dockerfile).toContain(`FROM node:${pinned.devDependencies.node}-`)
  expect(dockerfile).toContain(`\nUSER ${runtimeConfig.User}\n`)
  expect(dockerfile).toContain(`\nENTRYPOINT ["${runtimeConfig.Entrypoint.join('", "')}"]\n`)
  expect(dockerfile).toContain(`\nWORKDIR ${runtimeConfig.WorkingDir}\n`)
  const variables = runtimeConfig.Env.map((variable) => variable.replace(/=(.* .*)$/, '="$1"'))
  expect(dockerfile.split(`\nENV ${variables.join(' ')}\n`)).toHaveLength(1 + imageDefinitions.length)
  for (const definition of imageDefinitions) {
    const stage = dockerfile
      .split(/^(?=FROM )/m)
      .find((each) => each.startsWith(`FROM runtime AS ${definition.name}\n`))
    expect(/^CMD (.*)$/m.exec(stage ?? '')?.[1]).toBe(commandLine(definition))
  }
})

function commandLine(definition: ImageDefinition): string | undefined {
  const command = defaultCommand(definition)
  return command && `[${command.map((each) => JSON.stringify(each)).join(', ')}]`
}

function unpack(tar: string): string {
  const content = join(root, 'content')
  mkdirSync(content)
  execFileSync('tar', ['-xf', tar, '-C', content])
  return content
}

function json<T>(directory: string, path: string): T {
  return JSON.parse(readFileSync(join(directory, path), 'utf8')) as T
}

function blob(digest = ''): string {
  return `blobs/sha256/${digest.replace('sha256:', '')}`
}
