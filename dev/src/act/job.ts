// How is something run to its end before the stages start, such as a migration?
import { CommandError } from '@orderpipeline/cli/embedding'
import { lastLines, run } from '@orderpipeline/cluster/supervised'
import type { Program } from './replica.ts'

const longestMs = 300_000

/** @throws CommandError with the last lines of what it said */
export async function runToEnd(
  name: string,
  program: Program,
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  const { command, args, cwd, env } = program
  await run(command, args, { cwd, env: { ...env, ...variables }, timeoutMs: longestMs }).catch((cause: unknown) => {
    const output = cause instanceof Error ? cause.message : String(cause)
    throw new CommandError(`${name} did not succeed: ${lastLines(output, 15)}`, { cause })
  })
}
