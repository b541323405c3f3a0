import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bundleImage, endBundler } from './bundle.ts'
import { operatorImage } from './definitions.ts'

const repository = join(import.meta.dirname, '..', '..')

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lazy-parts-'))
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))
afterAll(endBundler)

/** What a program prints that is bundled as for an image. */
async function outputOf(files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, source] of Object.entries(files)) writeFileSync(join(root, name), source)
  const definition = { name: 'part', repository: 'orderpipeline/part', programs: { main: 'main.ts' }, folders: {} }
  const options = { root, outDir: join(root, 'dist'), runtime: process.version }
  const { directory } = await bundleImage(definition, options)
  return execFileSync(process.execPath, [join(directory, 'app', 'main.mjs')], { encoding: 'utf8' }).trim()
}

describe('a program in an image', () => {
  it('uses HTTP of Node without loading the undici of Node', async () => {
    const source = `
      import http, { Agent } from 'node:http'
      const isLoaded = process.moduleLoadList.includes('NativeModule internal/deps/undici/undici')
      console.log(http.Agent === Agent, typeof Agent, isLoaded)`
    expect(await outputOf({ 'main.ts': source })).toBe('true function false')
  })

  it('takes credentials from the Kubernetes client, and is refused its typed clients by name', async () => {
    const source = `
      import { KubeConfig } from '@kubernetes/client-node'
      const config = new KubeConfig()
      config.loadFromClusterAndUser({ name: 'c', server: 'https://localhost' }, { name: 'u', token: 'secret' })
      const options = {}
      await config.applyToHTTPSOptions(options)
      console.log(options.headers.Authorization)
      try {
        config.createDispatcher(config.getCurrentCluster(), { rejectUnauthorized: true })
      } catch (error) {
        console.log(error.message)
      }`
    expect(await outputOf({ 'main.ts': source })).toBe(
      'Bearer secret\nthe typed clients of @kubernetes/client-node are not part of images',
    )
  })

  it('compiles the codecs of the Kafka client when it first uses one', async () => {
    const counter = `
      const { Module } = WebAssembly
      globalThis.compiled = 0
      WebAssembly.Module = class extends Module { constructor(bytes) { super(bytes); globalThis.compiled += 1 } }`
    const source = `
      import './counter.ts'
      import { crc32c, lz4Compress, lz4Decompress } from '@platformatic/wasm-utils'
      const before = globalThis.compiled
      const text = Buffer.from('123456789')
      console.log(before, crc32c(text).toString(16), String(lz4Decompress(lz4Compress(text))), globalThis.compiled)`
    const checksum = 'e3069283' // the check value in the definition of CRC-32C
    expect(await outputOf({ 'counter.ts': counter, 'main.ts': source })).toBe(`0 ${checksum} 123456789 1`)
  })
})

it('leaves out of the operator what its dependencies have and it never calls', async () => {
  const { operator = '' } = operatorImage.programs
  const definition = { ...operatorImage, programs: { operator }, preludes: {} }
  const options = { root: repository, outDir: join(root, 'dist'), runtime: process.version }
  const { modules } = await bundleImage(definition, options)
  expect(modules).toContain('node_modules/@kubernetes/client-node/dist/config.js')
  const unused =
    /node_modules\/(undici\/|@kubernetes\/client-node\/dist\/gen\/(apis|models)\/|zod\/v4\/locales\/(?!en\.))/
  expect(modules.filter((path) => unused.test(path))).toEqual([])
})
