#!/usr/bin/env node
// The orderpipeline command-line tool.
import { commands } from './commands/index.ts'
import { environmentOf } from './config.ts'
import { program } from './program.ts'

// A reader may close the pipe early: `orderpipeline top | head`.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
}

const environment = environmentOf(process.env, process.stdout, process.stderr)
const interrupt = new AbortController()
// Not once: Ctrl-C can arrive twice, from the terminal and from the npm script's parent, and must
// not cut the farewell off.
process.on('SIGINT', () => interrupt.abort()).on('SIGTERM', () => interrupt.abort())
process.exitCode = await program(commands, environment, interrupt.signal).run(process.argv.slice(2))
