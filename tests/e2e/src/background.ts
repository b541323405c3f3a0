// How does a test hold a command that does not end by itself, such as a console or a port-forward?
// As a process of its own, until it has printed what the test waits for, and then until it is
// closed.
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { statePaths } from '@orderpipeline/cluster'

export interface BackgroundCommand {
  /** What the pattern's first group has matched. */
  readonly printed: string
  close(): Promise<void>
}

const startMs = 60_000
const endMs = 30_000

/** @throws with its output where it ends before, or prints nothing that fits in a minute */
export async function background(args: readonly string[], pattern: RegExp): Promise<BackgroundCommand> {
  const env = { ...process.env, KUBECONFIG: statePaths().kubeconfig }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
  const close = async (): Promise<void> => {
    child.kill('SIGTERM') // which npm run kubectl passes on
    for (const latest = performance.now() + endMs; !hasEnded() && performance.now() < latest;) await sleep(100)
    if (!hasEnded()) child.kill('SIGKILL')
  }
  let text = ''
  const take = (chunk: string): void => void (text += chunk)
  child.stdout.setEncoding('utf8').on('data', take)
  child.stderr.setEncoding('utf8').on('data', take)
  for (const latest = performance.now() + startMs; performance.now() < latest && !hasEnded(); await sleep(100)) {
    const match = pattern.exec(text)
    if (match) return { printed: match[1] ?? '', close }
  }
  await close()
  throw new Error(`${args.join(' ')} has not printed ${String(pattern)}:\n${text}`)
}
