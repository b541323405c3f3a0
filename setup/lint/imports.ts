// Do all imports keep to the order of packages and folders? Part of `npm run lint`; the rules are
// in import-rules.ts.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { importProblems } from './import-rules.ts'
import type { Package, SourceFile } from './import-rules.ts'

const root = join(import.meta.dirname, '../..')

export function projectProblems(): string[] {
  return importProblems(
    tracked(['*.ts', '*.tsx']).map(sourceFile),
    tracked(['package.json', '*/package.json']).map(packageAt),
  )
}

/** Files that git knows of or would take in; one that is deleted in the work tree is left out. */
function tracked(patterns: readonly string[]): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...patterns]
  const paths = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n')
  return [...new Set(paths)].filter((path) => path !== '' && existsSync(join(root, path)))
}

function sourceFile(path: string): SourceFile {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(root, path), 'utf8'))
  return { path, imports: importedFiles.map(({ fileName }) => fileName) }
}

function packageAt(path: string): Package {
  const { name, dependencies, peerDependencies, devDependencies } = JSON.parse(
    readFileSync(join(root, path), 'utf8'),
  ) as { name: string } & Readonly<Record<`${'d' | 'peerD' | 'devD'}ependencies`, object | undefined>>
  return {
    folder: dirname(path),
    name,
    dependencies: [...Object.keys(dependencies ?? {}), ...Object.keys(peerDependencies ?? {})],
    devDependencies: Object.keys(devDependencies ?? {}),
  }
}

if (process.argv[1] === import.meta.filename) {
  const problems = projectProblems()
  for (const problem of problems) process.stderr.write(`${problem}\n`)
  process.exitCode = problems.length === 0 ? 0 : 1
}
