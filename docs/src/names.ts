// Which environment variables do the programs read, and which metrics do they serve? As their
// sources say: the schema of the variables with its comments, and the metrics with their help.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const root = join(import.meta.dirname, '../..')

export const variablesFile = join(root, 'docs/reference/environment.md')
export const metricsFile = join(root, 'docs/reference/metrics.md')

interface Row {
  readonly name: string
  /** Program, or shared package. */
  readonly of: string
  readonly default?: string
  readonly text: string
}

const generated = 'Generated from the sources by `npm run generate`; a test compares.'

export function variablesPage(): string {
  const rows = sources(/(config|settings)\.ts$/, [
    'services/*/src/*',
    'packages/*/src/*',
    'dev-services/src/*',
  ]).flatMap(variablesIn)
  return page('Environment variables', 'Those of the operator are in its chart’s README.', rows, true)
}

export function metricsPage(): string {
  const rows = sources(/\.ts$/, [
    'services/*/src/*',
    'packages/*/src/*',
    'operator/src/*',
    'dev-services/src/*',
  ]).flatMap(metricsIn)
  return page('Metrics', 'What they mean together is in [telemetry.md](../guides/telemetry.md).', rows, false)
}

function sources(fits: RegExp, patterns: readonly string[]): ts.SourceFile[] {
  return execFileSync('git', ['ls-files', '--', ...patterns], { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter((path) => fits.test(path) && !/\.test\.ts$|\/testing\//.test(path))
    .toSorted()
    .map((path) => ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true))
}

function variablesIn(file: ts.SourceFile): Row[] {
  return assignments(file).flatMap((node): Row[] => {
    const name = node.name.getText(file)
    if (!/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(name)) return []
    const value = /\.default\((.*?)\)$/s.exec(node.initializer.getText(file))?.[1]
    const optional = node.initializer.getText(file).includes('.optional()')
    const elsewhere = ts.isIdentifier(node.initializer)
    const usual = elsewhere ? '' : (value ?? (optional ? 'none' : 'required'))
    return [{ name, of: ownerOf(file), default: usual, text: commentOf(node, file) }]
  })
}

function metricsIn(file: ts.SourceFile): Row[] {
  return assignments(file).flatMap((node): Row[] => {
    const help = ts.isObjectLiteralExpression(node.parent)
      ? node.parent.properties.find((other) => other.name?.getText(file) === 'help')
      : undefined
    const literal = (of: ts.Node | undefined) =>
      of && ts.isPropertyAssignment(of) && ts.isStringLiteralLike(of.initializer) ? of.initializer.text : undefined
    const [name, text] = [literal(node), literal(help)]
    if (node.name.getText(file) !== 'name' || name === undefined || text === undefined) return []
    return [{ name, of: ownerOf(file), text }]
  })
}

function assignments(file: ts.SourceFile): ts.PropertyAssignment[] {
  const result: ts.PropertyAssignment[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node)) result.push(node)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return result
}

function ownerOf({ fileName }: ts.SourceFile): string {
  return (
    fileName
      .split('/')
      .slice(0, /^(operator|dev-services)\//.test(fileName) ? 1 : 2)
      .at(-1) ?? ''
  )
}

function commentOf(node: ts.Node, file: ts.SourceFile): string {
  const comments = ts.getLeadingCommentRanges(file.text, node.getFullStart()) ?? []
  const doc = comments.map(({ pos, end }) => file.text.slice(pos, end)).findLast((text) => text.startsWith('/**'))
  const inner = (doc ?? '').replace(/^\/\*\*/, '').replace(/\*\/$/, '')
  return inner
    .replace(/^\s*\* ?/gm, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

function page(title: string, more: string, rows: readonly Row[], defaults: boolean): string {
  const code = (text: string) => (text === '' ? '' : `\`${cell(text)}\``)
  const cell = (text: string) => text.replace(/\s+/g, ' ').replaceAll('|', '\\|')
  const lines = rows.toSorted(byOwner).map((row) => {
    const columns = [`\`${row.name}\``, row.of, ...(defaults ? [code(row.default ?? '')] : []), cell(row.text)]
    return `| ${columns.join(' | ')} |`
  })
  const head = defaults ? ['variable', 'read by', 'default', ''] : ['metric', 'served by', '']
  return [
    ...[`# ${title}`, '', generated, more, ''],
    `| ${head.join(' | ')} |`,
    `|${' --- |'.repeat(head.length)}`,
    ...new Set(lines),
    '',
  ].join('\n')
}

function byOwner(one: Row, other: Row): number {
  return one.of.localeCompare(other.of) || one.name.localeCompare(other.name)
}
