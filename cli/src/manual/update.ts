// npm run docs:cli: writes docs/cli.md.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commands } from '../commands/index.ts'
import { manual } from './manual.ts'

writeFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'cli.md'), manual(commands))
