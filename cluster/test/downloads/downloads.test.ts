// Do tools come from their projects' releases whole and checked, or not at all, whatever the
// network does?
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { downloadSource, installRelease } from '../../src/downloads/index.ts'
import type { Installation } from '../../src/downloads/index.ts'
import { releaseOf } from '../../src/tools/releases.ts'
import type { Artifact } from '../../src/downloads/index.ts'
import { run } from '../../src/process/run.ts'
import { obtainTool } from '../../src/tools/ensure-tool.ts'
import { mirror, sha256 } from './mirror.ts'
import type { Mirror } from './mirror.ts'

const linux = { os: 'linux', arch: 'amd64' }
const helm = releaseOf('helm', linux)!
const kube = releaseOf('kube', linux)!
const [archive] = helm.artifacts as [Artifact]
/** Large enough to be cut in pieces. */
const ballast = `: ${randomBytes(400_000).toString('hex')}`
function saysItsName(name: string) {
  return `#!/bin/sh\necho ${name} "$@" $$\n[ "$1" = fail ] && exit 7\nexit 0\n${ballast}\n`
}

let folder: string
let on: Mirror
let packed: Buffer
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'downloads-'))
  on = await mirror()
  packed = await tarOf({ 'linux-amd64/helm': saysItsName('helm') })
  publish(archive, packed)
})
afterEach(async () => {
  await on.close()
  await rm(folder, { recursive: true })
})

async function tarOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const from = await mkdtemp(join(folder, 'pack-'))
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(from, path, '..'), { recursive: true })
    await writeFile(join(from, path), content)
    await chmod(join(from, path), 0o755)
  }
  await run('tar', ['-czf', join(from, 'packed.tgz'), '-C', from, ...Object.keys(files)], { timeoutMs: 20_000 })
  return await readFile(join(from, 'packed.tgz'))
}

function publish({ url, sums }: Artifact, content: Buffer | string, sum = sha256(content)): void {
  on.put(url, content)
  on.put(sums, `${sum}  ${url.split('/').at(-1)}\n`)
}

function installation(limits: Partial<Installation['limits']> = {}): Installation {
  return {
    source: downloadSource(on.url)!,
    downloads: join(folder, 'downloads'),
    bin: join(folder, 'bin'),
    place: join(folder, 'bin', 'tool-1'),
    pathOf: (executable) => join(folder, 'bin', `${executable}-1`),
    limits: { until: performance.now() + 60_000, backoffMs: 1, ...limits },
    note: () => undefined,
  }
}
function inBin() {
  return readdir(join(folder, 'bin')).catch(() => [])
}
function inDownloads() {
  return readdir(join(folder, 'downloads')).catch(() => [])
}
function downloadsOf({ url }: Artifact) {
  return on.requests.filter(
    (request) => request.startsWith('GET') && request.split(' ')[1]!.endsWith(new URL(url).pathname),
  )
}

test('an executable is extracted from its archive, and no other file stays', async () => {
  await installRelease(helm, installation())
  const { stdout } = await run(join(folder, 'bin', 'helm-1'), ['version'], { timeoutMs: 30_000 })
  expect(stdout).toMatch(/^helm version \d+\n$/)
  expect(await inBin()).toEqual(['helm-1'])
  expect(await inDownloads()).toEqual([])
})

test('a file without the published checksum is deleted', async () => {
  publish(archive, packed, sha256('what the project built'))
  await expect(installRelease(helm, installation())).rejects.toMatchObject({ reason: 'WrongSum' })
  expect(await inBin()).toEqual([])
  expect(await inDownloads()).toEqual([])
  expect(downloadsOf(archive)).toHaveLength(1)
})

test('checksums that do not name the file are refused', async () => {
  on.put(archive.sums, `${sha256(packed)}  another-file.tar.gz\n`)
  await expect(installRelease(helm, installation())).rejects.toMatchObject({ reason: 'WrongSum' })
  expect(downloadsOf(archive)).toEqual([])
})

/** Once some of these bytes are on disk: bytes still in transit are lost with the connection. */
function cutOff(afterBytes: number) {
  const size = async () => {
    const [part] = (await inDownloads()).filter((name) => name.endsWith('.part'))
    return part ? (await stat(join(folder, 'downloads', part))).size : 0
  }
  const when = async () => {
    const before = await size()
    while ((await size()) <= before) await sleep(5)
  }
  return { kind: 'cutOff', afterBytes, when } as const
}

test('an interrupted download continues at its end, also in another run', async () => {
  const [first, second] = [cutOff(100_000), cutOff(50_000)]
  on.fail(archive.url, first, second)
  await installRelease(helm, installation())
  const ranges = downloadsOf(archive).map((request) => Number(/bytes=(\d+)-/.exec(request)?.[1] ?? 0))
  expect(ranges).toHaveLength(3)
  expect(ranges[0]).toBe(0)
  expect(ranges[1]).toBeGreaterThan(0)
  expect(ranges[2]).toBeGreaterThan(ranges[1]!)

  const again = { ...installation(), pathOf: () => join(folder, 'bin', 'again') }
  const away = Array.from({ length: 9 }, () => ({ kind: 'status', status: 503 }) as const)
  on.fail(archive.url, cutOff(100_000), ...away)
  await expect(installRelease(helm, again)).rejects.toMatchObject({ reason: 'Interrupted' })
  expect(await inBin()).toEqual(['helm-1'])
  on.fail(archive.url)
  await installRelease(helm, again)
  expect(downloadsOf(archive).at(-1)).toMatch(/bytes=[1-9]\d*-$/)
  expect((await inBin()).sort()).toEqual(['again', 'helm-1'])
})

test('a leftover of an earlier run that is not the beginning of the file is ignored', async () => {
  await mkdir(join(folder, 'downloads'))
  const part = join(folder, 'downloads', `${sha256(packed).slice(0, 16)}-${archive.url.split('/').at(-1)}.part`)
  await writeFile(part, 'something else')
  await installRelease(helm, installation())
  await writeFile(part, Buffer.alloc(packed.length * 2))
  await installRelease(helm, installation())
  expect(await inBin()).toEqual(['helm-1'])
  expect(await inDownloads()).toEqual([])
})

test('a missing release is requested once', async () => {
  on.fail(archive.url, { kind: 'status', status: 404 })
  await expect(installRelease(helm, installation())).rejects.toMatchObject({ reason: 'NotFound' })
  expect(downloadsOf(archive)).toHaveLength(1)
  on.fail(archive.sums, { kind: 'status', status: 404 })
  await expect(installRelease(helm, installation())).rejects.toMatchObject({ reason: 'NotFound' })
  expect(await inBin()).toEqual([])
})

test('a request to an overloaded host is retried', async () => {
  on.fail(archive.url, { kind: 'status', status: 503 }, { kind: 'status', status: 429 })
  await installRelease(helm, installation())
  expect(downloadsOf(archive)).toHaveLength(3)
})

test('a download that would take longer than building is given up', async () => {
  on.fail(archive.url, { kind: 'slow', firstBytes: 10 })
  const limits = { judgeAfterMs: 100 }
  await expect(installRelease(helm, installation(limits))).rejects.toMatchObject({ reason: 'TooSlow' })
  expect(await inBin()).toEqual([])
})

test('a host that sends no data is given up after a few attempts', async () => {
  on.fail(archive.url, ...Array.from({ length: 9 }, () => ({ kind: 'silent' }) as const))
  await expect(installRelease(helm, installation({ stallMs: 50 }))).rejects.toMatchObject({ reason: 'Interrupted' })
  expect(downloadsOf(archive)).toHaveLength(5)
})

test('an archive without the executable is refused', async () => {
  publish(archive, await tarOf({ 'linux-amd64/README': 'nothing here' }))
  await expect(installRelease(helm, installation())).rejects.toMatchObject({ reason: 'BadArchive' })
  publish(archive, '<html>Sign in first</html>')
  await expect(installRelease(helm, installation())).rejects.toMatchObject({ reason: 'BadArchive' })
  expect(await inBin()).toEqual([])
})

test('the programs of Kubernetes are started by their first argument, in the same process', async () => {
  for (const artifact of kube.artifacts) publish(artifact, saysItsName(basename(artifact.url)))
  await installRelease(kube, installation())
  const place = join(folder, 'bin', 'tool-1')
  const { stdout } = await run('sh', ['-c', `"$0" kubelet '--config=a b' & echo "launched $!"; wait`, place], {
    timeoutMs: 30_000,
  })
  const [, launched] = /launched (\d+)/.exec(stdout) ?? []
  expect(stdout).toContain(`kubelet --config=a b ${launched}\n`)
  await expect(run(place, ['kubectl', 'fail'], { timeoutMs: 30_000 })).rejects.toMatchObject({ exitCode: 7 })
  await expect(run(place, ['kubeadm'], { timeoutMs: 30_000 })).rejects.toMatchObject({
    exitCode: 2,
    output: expect.stringContaining('kubelet') as string,
  })
})

test('several programs are moved into place only after all are downloaded', async () => {
  for (const artifact of kube.artifacts) publish(artifact, saysItsName(basename(artifact.url)))
  on.fail(kube.artifacts.at(-1)!.url, { kind: 'status', status: 404 })
  await expect(installRelease(kube, installation())).rejects.toMatchObject({ reason: 'NotFound' })
  expect(await inBin()).toEqual([])
  await installRelease(kube, installation()) // and those that came need not come again
  expect(downloadsOf(kube.artifacts[0]!)).toHaveLength(1)
})

test('an unreachable host is detected once', async () => {
  let connections = 0
  const silent = createServer(() => void connections++).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const nowhere = downloadSource(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`)!
  const unreachable = { ...installation(), source: nowhere }
  await expect(installRelease(helm, unreachable)).rejects.toMatchObject({ reason: 'Unreachable' })
  await expect(installRelease(kube, unreachable)).rejects.toMatchObject({ reason: 'Unreachable' })
  expect(connections).toBe(1)
  silent.close()
})

test('a tool is downloaded if possible, and otherwise built, with the reason', async () => {
  const before = { ...process.env }
  const builds: string[] = []
  const build = (name: string, _recipe: unknown, path: string) => {
    builds.push(name)
    return mkdir(join(path, '..'), { recursive: true }).then(() => writeFile(path, ''))
  }
  const obtain = (cache: string, setting: string) => {
    Object.assign(process.env, { XDG_CACHE_HOME: join(folder, cache), ORDERPIPELINE_DOWNLOADS: setting })
    return obtainTool('helm', undefined, build)
  }
  const platform = `${process.platform}-${process.arch === 'arm64' ? 'arm64' : 'amd64'}`
  const [ours] = releaseOf('helm', { os: process.platform, arch: platform.split('-')[1]! })!.artifacts as [Artifact]
  publish(ours, await tarOf({ [`${platform}/helm`]: saysItsName('helm') }))
  try {
    expect(await obtain('good', `${on.url}/`)).toMatchObject({ how: 'downloaded' })
    expect(await obtain('good', on.url)).toMatchObject({ how: 'there' })
    expect(builds).toEqual([])
    on.fail(ours.url, { kind: 'status', status: 404 })
    expect(await obtain('not-found', on.url)).toMatchObject({
      how: 'built',
      because: expect.stringContaining('answers 404') as string,
    })
    const requestCount = on.requests.length
    expect(await obtain('refused', 'off')).toEqual({ path: expect.any(String) as string, how: 'built' })
    expect(on.requests.length).toBe(requestCount)
    expect(builds).toEqual(['helm', 'helm'])
    await expect(obtain('invalid', 'ftp://mirror')).rejects.toThrow('ORDERPIPELINE_DOWNLOADS: found "ftp://mirror"')
  } finally {
    process.env = before
  }
})
