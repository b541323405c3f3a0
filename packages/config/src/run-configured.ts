// How does a program end that is configured wrongly? With one line for each wrong variable on
// standard error, without a stack, and with the same exit code everywhere.
import { ConfigError } from './read-config.ts'

/** The exit code of a program that was configured or called wrongly; 1 is any other failure. */
export const wrongUsageExitCode = 2

/** For a process's main file. Any other error is thrown. */
export async function runConfigured(
  run: () => Promise<void> | void,
  host: Pick<NodeJS.Process, 'stderr' | 'exitCode'> = process,
): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    host.stderr.write(`${error.message}\n`)
    host.exitCode = wrongUsageExitCode
  }
}

/**
 * For what shows only once the program runs, such as what a server answers about a variable. Only
 * for a program that has no work in flight yet.
 */
export function refuseToRun(problem: string, host: Pick<NodeJS.Process, 'stderr' | 'exit'> = process): void {
  host.stderr.write(`${problem}\n`, () => host.exit(wrongUsageExitCode))
}
