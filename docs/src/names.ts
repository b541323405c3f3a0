// Which environment variables do the programs read, and which metrics do they serve? As their
// sources say: the schema of the variables with its comments, and the metrics with their labels and
// help.
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
  readonly labels?: readonly string[]
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
  const about = [
    'What they mean together is in [telemetry.md](../guides/telemetry.md). A stage puts `pipeline` and',
    '`stage` on each of its metrics. The PodMonitors of the chart add labels of the pods: `namespace`,',
    '`pod`, `orderpipeline_dev_pipeline` and `orderpipeline_dev_stage`.',
  ]
  return page('Metrics', about.join('\n'), metricRows(), false)
}

/** By name: which labels its program gives each metric. */
export function metricLabels(): ReadonlyMap<string, readonly string[]> {
  return new Map(metricRows().map(({ name, labels = [] }) => [name, labels]))
}

let metrics: readonly Row[] | undefined

/** Read once: there are hundreds of sources. */
function metricRows(): readonly Row[] {
  const patterns = ['services/*/src/*', 'packages/*/src/*', 'operator/src/*', 'dev-services/src/*']
  metrics ??= sources(/\.ts$/, patterns).flatMap(metricsIn)
  return metrics
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
    const properties = ts.isObjectLiteralExpression(node.parent) ? node.parent.properties : []
    const literal = (of: ts.Node | undefined) =>
      of && ts.isPropertyAssignment(of) && ts.isStringLiteralLike(of.initializer) ? of.initializer.text : undefined
    const property = (name: string) => properties.find((other) => other.name?.getText(file) === name)
    const [name, text] = [literal(node), literal(property('help'))]
    if (node.name.getText(file) !== 'name' || name === undefined || text === undefined) return []
    const labelNames = property('labelNames')
    if (labelNames === undefined) return [{ name, of: ownerOf(file), labels: [], text }]
    const value = ts.isPropertyAssignment(labelNames) ? labelNames.initializer : labelNames.name
    return [{ name, of: ownerOf(file), labels: labelsIn(value, file), text }]
  })
}

/** The texts of an array, or of the constant that has it. @throws Error where there are none */
function labelsIn(value: ts.Node | undefined, file: ts.SourceFile): string[] {
  if (value && ts.isAsExpression(value)) return labelsIn(value.expression, file)
  if (value && ts.isStringLiteralLike(value)) return [value.text]
  if (value && ts.isSpreadElement(value)) return labelsIn(value.expression, file)
  if (value && ts.isArrayLiteralExpression(value)) return value.elements.flatMap((element) => labelsIn(element, file))
  if (value && ts.isIdentifier(value)) return labelsIn(constantOf(value.text, file), file)
  throw new Error(`${file.fileName}: the labels ${value?.getText(file) ?? ''} are not an array of texts`)
}

function constantOf(name: string, file: ts.SourceFile): ts.Node | undefined {
  let constant: ts.Node | undefined
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText(file) === name) constant ??= node.initializer
    ts.forEachChild(node, visit)
  }
  visit(file)
  return constant
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
    const middle = defaults ? code(row.default ?? '') : (row.labels ?? []).map(code).join(', ')
    return `| ${[`\`${row.name}\``, row.of, middle, cell(row.text)].join(' | ')} |`
  })
  const head = defaults ? ['variable', 'read by', 'default', ''] : ['metric', 'served by', 'labels', '']
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
