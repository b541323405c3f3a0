// Is the Markdown narrow enough to be read next to another file? `npm run lint` checks, `npm run
// format` breaks its lines again. What is generated, and the lines of tables and code, are as wide
// as they have to be.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { width } from './comment-width.ts'
import { reflowedWhereWide } from './reflow.ts'

const root = join(import.meta.dirname, '..', '..')
const generated = /^(?:docs\/(?:reference\/(?:cli|environment|metrics|orderpipeline)|guides\/runbooks)\.md|charts\/)/

export function narrowed(text: string): string {
  return reflowedWhereWide(text.split('\n'), width).join('\n')
}

if (import.meta.main) {
  const fix = process.argv.includes('--fix')
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
    cwd: root,
    encoding: 'utf8',
  })
  const wide = files
    .split('\n')
    .filter((file) => file !== '' && !generated.test(file))
    .filter((file) => {
      const text = readFileSync(join(root, file), 'utf8')
      const better = narrowed(text)
      if (better !== text && fix) writeFileSync(join(root, file), better)
      return better !== text
    })
  if (!fix && wide.length > 0) {
    process.stderr.write(`Lines of more than ${width} columns (npm run format wraps them):\n`)
    for (const file of wide) process.stderr.write(`  ${file}\n`)
    process.exitCode = 1
  }
}
