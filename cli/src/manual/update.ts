// npm run docs:cli: writes docs/reference/cli.md.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commands } from '../commands/index.ts'
import { manual } from './manual.ts'

writeFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'reference', 'cli.md'), manual(commands))
