#!/usr/bin/env node
// How is the command line started from anywhere, as `orderpipeline` and as `kubectl orderpipeline`?
// From its sources, with the Node of the project, whichever Node is found first.
// `npm run build:cli` makes one file that needs neither.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const cli = dirname(dirname(fileURLToPath(import.meta.url)))
const pinned = join(dirname(cli), 'node_modules', 'node', 'bin', 'node')
const node = existsSync(pinned) ? pinned : process.execPath
const child = spawn(node, [join(cli, 'src', 'main.ts'), ...process.argv.slice(2)], { stdio: 'inherit' })
// The terminal signals both processes; ending only this process ends the other as well.
process.on('SIGINT', () => undefined).on('SIGTERM', () => child.kill('SIGTERM'))
child.on('error', (error) => {
  process.stderr.write(`Cannot start ${node}: ${error.message}\n`)
  process.exitCode = 1
})
child.on('exit', (code, signal) => {
  process.exitCode = signal ? 1 : (code ?? 1)
})
