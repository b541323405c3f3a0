// Which commands are there, and which one was requested?
import type { Command, Terminal } from './command.ts'
import { down } from './down.ts'
import { helm, kubectl } from './passthrough.ts'
import { status } from './status.ts'
import { up } from './up.ts'

const commands: readonly Command[] = [up, down, status, kubectl, helm]

/** Answers the exit code. */
export async function dispatch([name, ...args]: readonly string[], terminal: Terminal): Promise<number> {
  const command = commands.find((candidate) => candidate.name === name)
  if (!command) {
    const wantsHelp = name === undefined || name === '--help' || name === '-h' || name === 'help'
    const write = wantsHelp ? terminal.stdout : terminal.stderr
    write(wantsHelp ? overview() : `There is no command ${JSON.stringify(name)}.\n${overview()}`)
    return wantsHelp ? 0 : 2
  }
  // kubectl and helm have a help of their own.
  if (command !== kubectl && command !== helm && args.some((arg) => arg === '--help' || arg === '-h')) {
    terminal.stdout(command.help)
    return 0
  }
  return await command.run(args, terminal)
}

function overview(): string {
  const lines = commands.map(({ name, summary }) => `  npm run ${name.padEnd(8)} ${summary}`)
  return `The local cluster:\n\n${lines.join('\n')}\n\nThe options of each: npm run <command> -- --help\n`
}
