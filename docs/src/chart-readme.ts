// What does the README of a chart say? What Chart.yaml and the comments of values.yaml say: how it
// is installed, what it needs, and each value with its default. Pure.
import { isMap, isNode, isScalar, parse, parseDocument } from 'yaml'
import type { Document, YAMLMap } from 'yaml'

export interface ChartSources {
  readonly chart: string
  readonly values: string
  /**
   * File names of further values files, such as values-production.yaml, and their first comment.
   */
  readonly others: readonly (readonly [string, string])[]
}

export interface ValueRow {
  readonly path: string
  /** As JSON; undefined for a map whose own rows follow. */
  readonly value: string | undefined
  readonly description: string
}

interface Chart {
  readonly name: string
  readonly description: string
  readonly version: string
  readonly kubeVersion: string
  readonly dependencies?: readonly { readonly name: string; readonly version: string; readonly repository: string }[]
  readonly annotations?: Readonly<Record<string, string>>
}

export function chartReadme({ chart: text, values, others }: ChartSources): string {
  const chart = parse(text) as Chart
  return (
    [
      `<!-- Generated from Chart.yaml and values.yaml: npm run generate -->`,
      `# ${chart.name}`,
      `${chart.description}. Version ${chart.version}, for Kubernetes ${chart.kubeVersion.replace(/-0$/, '')}.`,
      install(chart),
      ...needs(chart),
      ...images(chart),
      ...files(others),
      `## Values`,
      firstComment(values),
      table(
        ['Value', 'Default', 'What it is'],
        valueRows(values).map(({ path, value, description }) => [
          `\`${path}\``,
          value === undefined ? '' : `\`${value}\``,
          description,
        ]),
      ),
    ].join('\n\n') + '\n'
  )
}

function install({ name, dependencies }: Chart): string {
  const update = dependencies ? [`helm dependency update charts/${name}`] : []
  const command = `helm install ${name} charts/${name} --namespace <namespace> --create-namespace -f my-values.yaml`
  const guide = 'where the images come from, and which values an installation needs'
  return `\`\`\`sh\n${[...update, command].join('\n')}\n\`\`\`\n\n[docs/guides/own-cluster.md](../../docs/guides/own-cluster.md) says ${guide};\n[docs/guides/uninstall.md](../../docs/guides/uninstall.md) how to remove everything.`
}

function needs({ dependencies }: Chart): string[] {
  return dependencies
    ? [
        '## Subcharts',
        table(
          ['Chart', 'Version', 'From'],
          dependencies.map(({ name, version, repository }) => [name, version, repository]),
        ),
      ]
    : []
}

function images({ annotations }: Chart): string[] {
  const list = parse(annotations?.['artifacthub.io/images'] ?? '[]') as { name: string; image: string }[]
  if (list.length === 0) return []
  const rows = list.map(({ name, image }) => [name, `\`${image}\``])
  return [
    '## Images',
    'For an installation without access to the internet: mirror these. Those at `registry.example.com` you build yourself.',
    table(['Image', 'Name'], rows),
  ]
}

function files(others: ChartSources['others']): string[] {
  return others.length === 0
    ? []
    : ['## Values files', others.map(([name, text]) => `- [${name}](${name}): ${firstComment(text)}`).join('\n')]
}

/** The comment that a file begins with, as one line. */
export function firstComment(text: string): string {
  const lines = text.split('\n')
  const end = lines.findIndex((line) => !line.startsWith('#'))
  return oneLine(lines.slice(0, end).join('\n'))
}

/** Every value that has a comment of its own or no values below it, in the order of the file. */
export function valueRows(text: string): ValueRow[] {
  const document = parseDocument(text.replace(/^(#.*\n)*/, ''))
  return isMap(document.contents) ? rowsOf(document, document.contents, '') : []
}

function rowsOf(document: Document, map: YAMLMap, prefix: string): ValueRow[] {
  return map.items.flatMap((pair, index) => {
    const { key, value } = pair
    const name = isScalar(key) ? String(key.value) : String(key)
    const path = prefix + (name.includes('.') ? `"${name}"` : name)
    const above = isScalar(key) ? (key.commentBefore ?? '') : ''
    const atEnd = isScalar(value) || isMap(value) ? (value.comment ?? '') : ''
    // The comment above the first value of a map belongs, to the library, to the map.
    const ofMap = index === 0 ? (map.commentBefore ?? '') : ''
    const description = oneLine([ofMap, above, atEnd].join('\n'))
    if (isMap(value) && !value.flow && value.items.length > 0) {
      const own = description === '' ? [] : [{ path, value: undefined, description }]
      return [...own, ...rowsOf(document, value, `${path}.`)]
    }
    const json = JSON.stringify(isNode(value) ? value.toJS(document) : null)
    return [{ path, value: shortened(json), description }]
  })
}

function shortened(json: string): string {
  return json.length <= 80 ? json : `${json.slice(0, 77)}…`
}

/** A comment without its signs; what is commented-out YAML keeps its words. */
function oneLine(comment: string): string {
  return comment
    .split('\n')
    .map((line) => line.replace(/^\s*#? ?/, '').trim())
    .filter((line) => line !== '')
    .join(' ')
}

/** A pipe would end the cell, and a word in angle brackets would be an element. */
function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll(/<(?=[a-z…])/g, '\\<')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}
