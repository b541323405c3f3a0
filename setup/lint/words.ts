// Do names, comments, test titles and Markdown use plain words? Part of `npm run lint`; the rules
// are in word-rules.ts. Old texts are not clean yet: words.json has a ceiling for each folder,
// which may only fall. `npm run format` lowers the ceilings to what is left.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { findingsInCode, findingsInLines, findingsInMarkdown } from './word-rules.ts'
import type { Finding, Kind } from './word-rules.ts'

const root = join(import.meta.dirname, '../..')
const ceilingsFile = join(import.meta.dirname, 'words.json')
type Ceilings = Readonly<Record<string, Partial<Record<Kind, number>>>>

/** Generated files, decisions of the past, and texts whose subject are the words themselves. */
const unchecked =
  /^(?:CHANGELOG\.md|docs\/(?:adr\/|glossary|reference\/(?:cli|environment|metrics|orderpipeline)|guides\/runbooks)|charts\/[^/]+\/README\.md|setup\/(?:lint|test)\/word)|\.generated\.ts$/

function findingsIn(path: string): Finding[] {
  const text = readFileSync(join(root, path), 'utf8')
  if (path.endsWith('.md')) return findingsInMarkdown(text)
  if (path.endsWith('.sql')) return findingsInLines(text, '--')
  return findingsInCode(path, text)
}

function checkedFiles(): string[] {
  const patterns = ['*.ts', '*.tsx', '*.mjs', '*.md', '*.sql']
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...patterns]
  const paths = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n')
  return [...new Set(paths)].filter(
    (path) => extname(path) !== '' && !unchecked.test(path) && existsSync(join(root, path)),
  )
}

interface Count {
  readonly folder: string
  readonly kind: Kind
  readonly places: readonly string[]
}

function counts(): Count[] {
  const byFolder = new Map<string, { folder: string; kind: Kind; places: string[] }>()
  for (const path of checkedFiles())
    for (const { line, kind, word } of findingsIn(path)) {
      const folder = path.includes('/') ? (path.split('/')[0] ?? '') : '.'
      const key = `${folder} ${kind}`
      const count = byFolder.get(key) ?? { folder, kind, places: [] }
      count.places.push(`${path}:${line}: ${word}`)
      byFolder.set(key, count)
    }
  return [...byFolder.values()]
}

if (import.meta.main) {
  const ceilings = JSON.parse(readFileSync(ceilingsFile, 'utf8')) as Ceilings
  const lowered: Record<string, Partial<Record<Kind, number>>> = {}
  for (const { folder, kind, places } of counts()) {
    const ceiling = ceilings[folder]?.[kind] ?? 0
    const listed = process.argv.includes('--list') && process.argv.includes(folder)
    if (listed) process.stdout.write(places.map((place) => `${kind} ${place}\n`).join(''))
    lowered[folder] = { ...lowered[folder], [kind]: Math.min(ceiling, places.length) }
    if (places.length <= ceiling) continue
    process.exitCode = 1
    process.stderr.write(
      `${folder}: unclear words in ${kind}: found ${places.length}; allowed: ${ceiling} (the terms: docs/glossary.md)\n` +
        places.map((place) => `  ${place}\n`).join(''),
    )
  }
  if (process.argv.includes('--fix')) {
    const byName = <Value>(record: Readonly<Record<string, Value>>) =>
      Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1))
    const sorted = Object.fromEntries(
      byName(lowered).map(([folder, kinds]) => [folder, Object.fromEntries(byName(kinds))]),
    )
    writeFileSync(ceilingsFile, `${JSON.stringify(sorted, undefined, 2)}\n`)
  }
}
