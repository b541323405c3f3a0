// Which process uses a port? Its name and id, where the system says; a message that a port is in
// use is of little help without them.
import { connect } from 'node:net'
import { basename } from 'node:path'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { run } from '@orderpipeline/cluster/supervised'

/**
 * Whether anything answers on the loopback address. A NodePort of a local Kubernetes does so by a
 * rule of the firewall, with no listener: a server could take the same port, and would never get a
 * connection.
 */
export function answers(port: number, timeoutMs = 500): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: timeoutMs })
    const end = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}

/** Such as `node (process 4711)`; undefined where the process cannot be determined. */
export async function portHolder(port: number, platform = process.platform): Promise<string | undefined> {
  return platform === 'linux' ? await fromProc(port) : await fromLsof(port)
}

async function fromProc(port: number): Promise<string | undefined> {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0')
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')))
  const inodes = new Set(
    tables.flatMap((table) =>
      table.split('\n').flatMap((line) => {
        const fields = line.trim().split(/\s+/)
        return fields[1]?.endsWith(`:${hexPort}`) && fields[3] === '0A' ? [`socket:[${fields[9]}]`] : []
      }),
    ),
  )
  if (inodes.size === 0) return undefined
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)))
    for (const descriptor of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')
      if (!inodes.has(target)) continue
      const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      return `${programName(commandLine)} (process ${pid})`
    }
  return undefined
}

/** By its command line, whose words are separated by zero bytes: threads may have other names. */
function programName(commandLine: string): string {
  return basename(/^[^\s:\0]+/.exec(commandLine)?.[0] ?? '') || 'a program'
}

async function fromLsof(port: number): Promise<string | undefined> {
  const args = ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']
  const { stdout } = await run('lsof', args, { timeoutMs: 5_000 }).catch(() => ({ stdout: '' }))
  const pid = /^p(\d+)/m.exec(stdout)?.[1]
  return pid === undefined ? undefined : `${/^c(.*)/m.exec(stdout)?.[1] ?? 'a program'} (process ${pid})`
}
