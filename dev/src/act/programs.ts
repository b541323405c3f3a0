// What do the built-in stages run from? One file each, bundled from the sources as for their image,
// with its compiled code next to it: a process then starts four times as fast. It is built again
// when a source has changed.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cachePaths } from '@orderpipeline/cluster/paths'
import type { StepProgress } from '@orderpipeline/cluster/supervised'

export interface Programs {
  /** Holds `<name>.mjs`, and `migrations`. */
  readonly app: string
  /** Changes with what is in them. */
  readonly tag: string
  /** What their processes must have in the environment. */
  readonly env: Readonly<Record<string, string>>
}

const root = join(import.meta.dirname, '..', '..', '..')
const retainedBuilds = 3

export async function builtPrograms(progress: StepProgress): Promise<Programs> {
  const tag = await sourcesTag()
  const folder = join(cachePaths().artifacts, 'dev')
  const out = join(folder, tag)
  const app = join(out, 'services', 'app')
  if (!existsSync(join(out, 'whole'))) {
    progress.expect(8_000)
    await build(out)
    await forgetOld(folder, tag)
  }
  const env = {
    NODE_COMPILE_CACHE: join(app, 'compile-cache'),
    NODE_COMPILE_CACHE_PORTABLE: '1',
    LISTEN_ADDRESS: '127.0.0.1', // nothing of this machine's shop is open to its network
  }
  return { app, tag, env }
}

/** A build that was cut short leaves nothing that a later start takes for one. */
async function build(out: string): Promise<void> {
  const { bundleImage, endBundler, servicesImage, warmCompileCache } = await import('@orderpipeline/images')
  const partial = `${out}.${process.pid}`
  await mkdir(partial, { recursive: true })
  const { directory } = await bundleImage(servicesImage, { root, outDir: partial, runtime: process.version })
  await endBundler()
  await warmCompileCache({ app: join(directory, 'app'), node: process.execPath, user: process.getuid?.() ?? 0 })
  await writeFile(join(partial, 'whole'), '')
  await rename(partial, out).catch(async (error: unknown) => {
    await rm(partial, { recursive: true, force: true })
    if (!existsSync(join(out, 'whole'))) throw error // another start was faster
  })
}

async function forgetOld(folder: string, tag: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name !== tag)
  const ages = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })))
  const old = ages.sort((a, b) => b.at - a.at).slice(retainedBuilds - 1)
  await Promise.all(old.map(({ name }) => rm(join(folder, name), { recursive: true, force: true })))
}

/**
 * By size and time, as make does it: reading everything would take longer than all the rest of a
 * start.
 */
async function sourcesTag(): Promise<string> {
  const hash = createHash('sha256')
    .update(process.version)
    .update(process.arch)
    .update(String(process.getuid?.() ?? ''))
  hash.update(await readFile(join(root, 'package-lock.json')))
  for (const folder of ['packages', 'services', 'dev-services/src', 'images/src']) {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true })
    const files = entries
      .filter((entry) => entry.isFile() && /\.(ts|sql|json)$/.test(entry.name) && !entry.name.endsWith('.test.ts'))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => !file.includes('node_modules'))
      .sort()
    for (const file of files) {
      const { size, mtimeMs } = await stat(file)
      hash.update(`${file.slice(root.length)} ${size} ${mtimeMs}\n`)
    }
  }
  return hash.digest('hex').slice(0, 16)
}
