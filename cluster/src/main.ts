// The entry point of npm run up, down, status and kubectl: `main.ts <command> [arguments]`.
import { ConfigError, wrongUsageExitCode } from '@orderpipeline/config'
import { UsageError } from './cli/command.ts'
import type { Terminal } from './cli/command.ts'
import { dispatch } from './cli/index.ts'
import { StepError } from './progress/steps.ts'
import { NoProviderError } from './providers/choose.ts'

const { NO_COLOR, TERM, CI } = process.env
const interactive = process.stderr.isTTY && TERM !== 'dumb' && !CI
const terminal: Terminal = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  interactive,
  color: interactive && !NO_COLOR,
  columns: () => process.stderr.columns || 80,
}

const args = process.argv.slice(2)
if (args[0] === 'up' || args[0] === 'down') {
  const interrupted = () => {
    terminal.stderr(`\nInterrupted. Run the same command again to continue from here.\n`)
    process.exit(130)
  }
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
}

try {
  process.exitCode = await dispatch(args, terminal)
} catch (error) {
  const wrongUsage = error instanceof UsageError || error instanceof NoProviderError || error instanceof ConfigError
  process.exitCode = wrongUsage ? wrongUsageExitCode : 1
  if (error instanceof StepError) {
    terminal.stderr(
      `\n${error.message}\n\nnpm run ${args[0]} again continues from here; npm run status shows the processes that run.\n`,
    )
  } else if (wrongUsage) terminal.stderr(`${error.message}\n`)
  else terminal.stderr(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
}
