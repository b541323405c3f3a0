// How is a part of the benchmark run as a process of its own, so that its processor time is counted
// apart? One command at a time by the channel of Node, and one answer to each.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { compileCache } from '@orderpipeline/cluster/supervised'
import { z } from 'zod'

export interface Child<Command, Answer> {
  /** @throws where the process reports an error, ends, or does not answer in time */
  request(command: Command): Promise<Answer>
  close(): Promise<void>
}

const reply = z.union([z.object({ answer: z.unknown() }), z.object({ error: z.string() })])
const longestMs = 600_000
/** Members that do not leave by themselves are ended with their process. */
const closeDeadlineMs = 20_000

export function startChild<Command extends object, Answer>(
  file: string,
  answerSchema: z.ZodType<Answer>,
): Child<Command, Answer> {
  const child = fork(join(import.meta.dirname, file), { env: { ...process.env, ...compileCache() } })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  const exit = once(child, 'exit').then(() => process.removeListener('exit', kill))
  return {
    request: async (command) => {
      const abandoned = new AbortController()
      const ended = exit.then(() => {
        throw new Error(`${file} ended with ${child.exitCode ?? child.signalCode}`)
      })
      const signal = AbortSignal.any([abandoned.signal, AbortSignal.timeout(longestMs)])
      try {
        const message = once(child, 'message', { signal })
        child.send(command)
        const [received] = (await Promise.race([message, ended])) as unknown[]
        const parsed = reply.parse(received)
        if ('error' in parsed) throw new Error(`${file}: ${parsed.error}`)
        return answerSchema.parse(parsed.answer)
      } finally {
        abandoned.abort()
      }
    },
    close: async () => {
      if (child.connected) child.disconnect()
      const killing = setTimeout(kill, closeDeadlineMs)
      await exit
      clearTimeout(killing)
    },
  }
}

/** In the process: answers commands until the channel closes, then calls `close`. */
export function answerCommands<Command>(
  schema: z.ZodType<Command>,
  answer: (command: Command) => unknown,
  close: () => Promise<void>,
): void {
  process.on('message', (message) => {
    void new Promise((resolve) => resolve(answer(schema.parse(message)))).then(
      (value: unknown) => process.send?.({ answer: value ?? null }),
      (error: unknown) =>
        process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : 'unknown' }),
    )
  })
  process.once('disconnect', () => void close().finally(() => process.exit()))
}
