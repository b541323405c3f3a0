// How do commands become one program? Each is a file that describes itself; what they have in common (help, errors,
// exit codes) is here.
import { Command, CommanderError } from 'commander'
import { CommandFailed, type Environment } from './environment.ts'

export interface CommandContext {
  readonly environment: Environment
  /** Aborted when the person wants to leave. */
  readonly signal: AbortSignal
}

export interface CommandDefinition {
  /** Describes itself and calls `action` with what to do; the number it resolves with is the exit code. */
  readonly describe: (command: Command, action: (perform: Performance) => void) => void
  readonly name: string
}

export type Performance = (context: CommandContext) => Promise<number>

export interface Program {
  /** Never rejects; resolves with the exit code: 0 good, 1 failed, 2 called wrongly. */
  run(args: readonly string[]): Promise<number>
}

export function program(
  commands: readonly CommandDefinition[],
  environment: Environment,
  signal: AbortSignal,
): Program {
  let performance: Performance | undefined
  const root = new Command('orderpipeline')
    .description('Looks at order pipelines and what the operator makes of them')
    .showHelpAfterError('(--help shows what is possible)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void environment.stdout.write(text),
      writeErr: (text) => void environment.stderr.write(text),
    })
  for (const definition of commands)
    definition.describe(root.command(definition.name).copyInheritedSettings(root), (perform) => {
      performance = perform
    })

  return {
    run: async (args) => {
      try {
        await root.parseAsync([...args], { from: 'user' })
        return (await performance?.({ environment, signal })) ?? 0
      } catch (error) {
        if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
        if (!(error instanceof CommandFailed)) throw error
        environment.stderr.write(`${error.message}\n${error.advice === undefined ? '' : `${error.advice}\n`}`)
        return 1
      }
    },
  }
}
