// Which files does an image contain below its program, without a Linux distribution? Node, unless
// the program is an executable of its own; the libraries that Node is linked with; a user; the
// certificates of the public authorities; and /tmp. The layer changes only with Node or the
// machine's C library, so it is packed once. build.ts calls this.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { run } from './command.ts'
import { imageUser } from './compile-cache.ts'
import { PackError } from './errors.ts'
import { layerOf } from './layer.ts'
import type { Layer } from './layer.ts'

export const nodeInImage = '/usr/local/bin/node'

const certificateFiles = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem']
const files: Readonly<Record<string, string>> = {
  '/etc/passwd': `root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:${imageUser}:${imageUser}:nonroot:/tmp:/sbin/nologin\n`,
  '/etc/group': `root:x:0:\nnonroot:x:${imageUser}:\n`,
  '/etc/nsswitch.conf': 'hosts: files dns\n',
}
/** Raise it when the layer's layout changes. */
const layout = 1

/**
 * Packs the layer into `cacheDir` unless one with the same files exists. Without `node` it is the
 * layer of a program without linked libraries.
 */
export async function baseLayer(node: string | undefined, cacheDir: string): Promise<Layer> {
  const sources = new Map(node === undefined ? [] : [[nodeInImage, realpathSync(node)], ...(await libraries(node))])
  const certificates = certificateFiles.find((file) => existsSync(file))
  if (certificates === undefined)
    throw new PackError(`no CA certificates at ${certificateFiles.join(', ')}: install ca-certificates`)
  sources.set('/etc/ssl/certs/ca-certificates.crt', realpathSync(certificates))

  const identity = [...sources].map(([to, from]) => [to, from, statSync(from).size, statSync(from).mtimeMs])
  const key = createHash('sha256')
    .update(JSON.stringify([layout, files, identity]))
    .digest('hex')
    .slice(0, 16)
  const record = join(cacheDir, `base-${key}.json`)
  if (existsSync(record)) {
    const cached = JSON.parse(readFileSync(record, 'utf8')) as Layer
    if (existsSync(cached.file)) return cached
  }
  mkdirSync(cacheDir, { recursive: true })
  const staging = mkdtempSync(join(cacheDir, 'staging-'))
  try {
    fill(staging, sources)
    const layer = await layerOf(staging, join(cacheDir, `base-${key}.tar`))
    writeFileSync(record, JSON.stringify(layer))
    return layer
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

function fill(staging: string, sources: ReadonlyMap<string, string>): void {
  const place = (path: string): string => {
    const file = join(staging, path)
    makeFolder(staging, dirname(path))
    return file
  }
  chmodSync(staging, 0o755)
  for (const [to, from] of sources) {
    copyFileSync(from, place(to))
    chmodSync(join(staging, to), to.startsWith('/etc/') ? 0o644 : 0o755)
  }
  for (const [to, text] of Object.entries(files)) writeFileSync(place(to), text, { mode: 0o644 })
  makeFolder(staging, '/tmp')
  chmodSync(join(staging, 'tmp'), 0o1777)
}

/** Every folder on the way gets its mode whatever the umask. */
function makeFolder(staging: string, path: string): void {
  if (path === '/' || existsSync(join(staging, path))) return
  makeFolder(staging, dirname(path))
  mkdirSync(join(staging, path))
  chmodSync(join(staging, path), 0o755)
}

/**
 * The shared libraries of a binary by the paths of the loader, and those that the C library opens
 * itself to resolve names.
 */
async function libraries(node: string): Promise<Map<string, string>> {
  const libraryPaths = new Map<string, string>()
  for (const line of (await run('ldd', [node], { timeoutMs: 10_000 })).split('\n')) {
    const path = /(?:=>\s+|^\s+)(\/\S+)/.exec(line)?.[1]
    if (path !== undefined) libraryPaths.set(path, realpathSync(path))
    else if (line.includes('not found')) throw new PackError(`${node} needs a library that is missing: ${line.trim()}`)
  }
  const cLibrary = [...libraryPaths.keys()].find((path) => basename(path) === 'libc.so.6')
  if (cLibrary === undefined)
    throw new PackError(`${node} is not linked with glibc; images can be packed only on Linux with glibc`)
  for (const name of ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2']) {
    const path = join(dirname(cLibrary), name)
    if (existsSync(path)) libraryPaths.set(path, realpathSync(path))
  }
  return libraryPaths
}
