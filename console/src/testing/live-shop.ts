// How do pictures and measurements get a shop that really runs? By the command behind `npm start`,
// with a state directory of its own; its console is where it prints.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface LiveShop {
  /** The address that is printed, with the key. */
  readonly address: string
  readonly kubeconfig: string
  /** As Ctrl-C; its orders and messages are deleted. */
  close(): Promise<void>
}

const root = join(import.meta.dirname, '..', '..', '..')
const startMs = 600_000
const stopMs = 120_000

/**
 * The example shop, once every replica is ready. `processes`: as many replicas as may run, since
 * payment alone may have a hundred.
 */
export async function startLiveShop(options: { readonly processes: number }): Promise<LiveShop> {
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-live-'))
  await chmod(dir, 0o711) // PostgreSQL's own user must be able to pass
  await mkdir(join(dir, 'state'), { mode: 0o711 })
  const file = join(dir, 'shop.yaml')
  await copyFile(join(root, 'examples', 'shop.yaml'), file)
  const args = ['dev', '-f', file, '--profile', 'shop', '--max-processes', String(options.processes)]
  const child = spawn(process.execPath, [join(root, 'cli/src/main.ts'), ...args], {
    cwd: dir,
    env: { ...process.env, XDG_STATE_HOME: join(dir, 'state'), KUBECONFIG: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const killed = (): void => void child.kill('SIGKILL')
  process.once('exit', killed)
  let text = ''
  const take = (chunk: string): void => void (text += chunk)
  child.stdout.setEncoding('utf8').on('data', take)
  child.stderr.setEncoding('utf8').on('data', take)
  const printed = async (pattern: RegExp): Promise<string> => {
    for (const latest = performance.now() + startMs; performance.now() < latest; await sleep(200)) {
      const match = pattern.exec(text)
      if (match) return match[1] ?? ''
      if (child.exitCode !== null) break
    }
    throw new Error(`the shop has not printed ${String(pattern)}:\n${text}`)
  }
  const close = async (): Promise<void> => {
    if (child.exitCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGINT')
      await Promise.race([ended, sleep(stopMs).then(() => child.kill('SIGKILL'))])
    }
    process.off('exit', killed)
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const address = await printed(/Open it in a browser: (http:\S+)/)
    const [, state = ''] = /Logs are in (\S+)\/replicas\./.exec(text) ?? []
    await printed(/^(Ready: \d+\/\d+ replicas)/m)
    return { address, kubeconfig: join(state, 'kubeconfig'), close }
  } catch (error) {
    await close()
    throw error
  }
}
