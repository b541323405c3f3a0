// How do commands become one program? Each is a file that describes itself; what they have in
// common (help, errors, exit codes) is here.
import { Command, CommanderError } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { CommandError } from './environment.ts'
import type { Environment } from './environment.ts'

export interface CommandContext {
  readonly environment: Environment
  /** Aborted when the person interrupts the command. */
  readonly signal: AbortSignal
}

export interface CommandDefinition {
  /**
   * Describes itself and calls `action` with what to do; the number it resolves with is the exit
   * code.
   */
  readonly describe: (command: Command, action: (perform: Performance) => void) => void
  readonly name: string
  /** Stands under a name of its own: `dlq list`. */
  readonly family?: CommandFamily
  /** The heading it stands under in the program's help. */
  readonly group?: string
  /** Shown at the end of its help. */
  readonly examples?: readonly string[]
  /** What its exit codes say, where they say more than those of every command. */
  readonly exitCodes?: Readonly<Record<number, string>>
}

export interface CommandFamily {
  readonly name: string
  readonly description: string
  readonly group: string
}

/** As it is typed. */
export function fullName({ name, family }: CommandDefinition): string {
  return family === undefined ? name : `${family.name} ${name}`
}

export type Performance = (context: CommandContext) => Promise<number>

export interface Program {
  /** Never rejects; resolves with the exit code: 0 good, 1 failed, 2 wrong arguments. */
  run(args: readonly string[]): Promise<number>
  /** What --help prints, of the program or of one command. */
  readonly help: (command?: string) => string
}

const usualExitCodes = { 0: 'done', 1: 'failed, or the result is negative', 2: 'wrong arguments' }
/** A help that is read in a file must not depend on the terminal it was made in. */
const helpColumns = 120

export function program(
  commands: readonly CommandDefinition[],
  environment: Environment,
  signal: AbortSignal,
): Program {
  let performance: Performance | undefined
  const root = new Command('orderpipeline')
    .description(
      'Order pipelines on Kubernetes: check them, plan their objects, and observe and explain how they scale.',
    )
    .usage('<command> [options]')
    .showHelpAfterError('(--help shows the options)')
    .helpCommand('help [command]', 'show the purpose of a command, its options, examples and exit codes')
    .helpOption('-h, --help', 'this')
    .version(manifest.version, '-V, --version', 'print the version of this program')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void environment.stdout.write(text),
      writeErr: (text) => void environment.stderr.write(text),
      getOutHelpWidth: () => Math.min(environment.stdout.columns ?? helpColumns, helpColumns),
      getErrHelpWidth: () => helpColumns,
    })
    .configureHelp({ minWidthToWrap: 20 })
    .addHelpText('after', exitCodeText(usualExitCodes))
  for (const definition of commands) {
    const above = definition.family === undefined ? root : familyOf(root, definition.family)
    const command = above.command(definition.name).copyInheritedSettings(above)
    definition.describe(command, (perform) => {
      performance = perform
    })
    if (definition.group !== undefined) command.helpGroup(`${definition.group}:`)
    command.usage(usageOf(command)).addHelpText('after', epilogue(definition))
  }

  return {
    run: async (args) => {
      try {
        await root.parseAsync([...args], { from: 'user' })
        return (await performance?.({ environment, signal })) ?? 0
      } catch (error) {
        if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
        if (!(error instanceof CommandError)) throw error
        environment.stderr.write(`${error.message}\n${error.advice === undefined ? '' : `${error.advice}\n`}`)
        return error.exitCode
      }
    },
    help: (name) => {
      let text = ''
      const step = (above: Command, word: string) => above.commands.find((one) => one.name() === word) ?? above
      const command = (name ?? '').split(' ').reduce(step, root)
      command.configureOutput({ writeOut: (part) => void (text += part), getOutHelpWidth: () => helpColumns })
      command.outputHelp()
      return text
    },
  }
}

function familyOf(root: Command, { name, description, group }: CommandFamily): Command {
  const existing = root.commands.find((one) => one.name() === name)
  if (existing) return existing
  return root
    .command(name)
    .copyInheritedSettings(root)
    .description(description)
    .usage('<command>')
    .helpGroup(`${group}:`)
}

/** Arguments first, as they are written; commander's own has the options first. */
function usageOf(command: Command): string {
  return [
    ...command.registeredArguments.map((argument) =>
      argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
    ),
    '[options]',
  ].join(' ')
}

function epilogue({ examples = [], exitCodes }: CommandDefinition): string {
  const exampleLines = examples.length > 0 ? ['', 'Examples:', ...examples.map((line) => `  ${line}`)] : []
  return [...exampleLines, exitCodes ? exitCodeText({ ...usualExitCodes, ...exitCodes }) : ''].join('\n')
}

function exitCodeText(codes: Readonly<Record<number, string>>): string {
  return ['', 'Exit codes:', ...Object.entries(codes).map(([code, meaning]) => `  ${code}  ${meaning}`)].join('\n')
}
