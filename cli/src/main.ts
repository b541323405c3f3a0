#!/usr/bin/env node
// The orderpipeline command-line tool.
import { commands } from './commands/index.ts'
import { environmentOf } from './config.ts'
import { program } from './program.ts'

const environment = environmentOf(process.env, process.stdout, process.stderr)
const interrupt = new AbortController()
process.once('SIGINT', () => interrupt.abort()).once('SIGTERM', () => interrupt.abort())
process.exitCode = await program(commands, environment, interrupt.signal).run(process.argv.slice(2))
