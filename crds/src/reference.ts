// How does the schema read as documentation? A section per object with its fields, their limits and
// the rules over them. An object that is used twice has one section, and links to it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

interface Schema {
  readonly type?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: Schema
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly pattern?: string
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[]
}

interface Definition {
  readonly spec: {
    readonly group: string
    readonly names: { readonly kind: string; readonly shortNames: readonly string[] }
    readonly versions: readonly {
      readonly name: string
      readonly schema: { readonly openAPIV3Schema: Schema }
      readonly additionalPrinterColumns: readonly { readonly name: string; readonly description?: string }[]
      readonly selectableFields: readonly { readonly jsonPath: string }[]
    }[]
  }
}

export const definitionFile = join(import.meta.dirname, '..', 'orderpipelines.yaml')
export const referenceFile = join(import.meta.dirname, '..', '..', 'docs', 'reference', 'orderpipeline.md')

function definitionIn(file: string) {
  const { spec } = parse(readFileSync(file, 'utf8')) as Definition
  const [version] = spec.versions
  if (!version) throw new Error(`${file} has no version`)
  return { spec, version }
}

export function schemaOf(file: string): object {
  return definitionIn(file).version.schema.openAPIV3Schema
}

export function reference(file = definitionFile): string {
  const { spec, version } = definitionIn(file)
  const schema = version.schema.openAPIV3Schema
  const columns = version.additionalPrinterColumns.map(
    ({ name, description }) => `${name} (${description ?? 'its age'})`,
  )
  return [
    `# ${spec.names.kind}`,
    `\`${spec.group}/${version.name}\`, short name \`${spec.names.shortNames.join('`, `')}\`. Generated from \`crds/orderpipelines.yaml\` by`,
    '`npm run generate`; a test compares.',
    '',
    schema.description ?? '',
    '',
    `\`kubectl get op\` shows ${columns.join(', ')}.`,
    `Pipelines can be selected by field: ${version.selectableFields.map(({ jsonPath }) => `\`${jsonPath.slice(1)}\``).join(', ')}.`,
    ...rules(schema),
    '',
    ...sections('spec', schema.properties?.['spec'] ?? {}, new Map()),
    ...sections('status', schema.properties?.['status'] ?? {}, new Map()),
  ].join('\n')
}

function sections(path: string, schema: Schema, sectionPaths: Map<Schema['properties'], string>): string[] {
  const fields = Object.entries(schema.properties ?? {})
  const open = fields.flatMap(([name, field]): [string, Schema][] => {
    const nested = objectIn(field)
    if (!nested || sectionPaths.has(nested.properties)) return []
    const at = pathOf(path, name, field)
    sectionPaths.set(nested.properties, at)
    return [[at, nested]]
  })
  const rows = fields.map(([name, field]) => {
    const required = schema.required?.includes(name) ? ' (required)' : ''
    const nested = objectIn(field)
    const at = nested && sectionPaths.get(nested.properties)
    const link = at === undefined ? '' : ` See [${at}](#${anchor(at)}).`
    return `| \`${name}\`${required} | ${typeOf(field)} | ${cell(limits(field))} | ${cell(field.description ?? '')}${link} |`
  })
  return [
    `## ${path}`,
    '',
    ...(schema.description ? [cell(schema.description), ''] : []),
    '| Field | Type | Limits | What it is |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...rules(schema),
    '',
    ...open.flatMap(([at, nested]) => sections(at, nested, sectionPaths)),
  ]
}

function pathOf(path: string, name: string, { items }: Schema): string {
  return `${path}.${name}${items ? '[]' : ''}`
}

function objectIn(schema: Schema): Schema | undefined {
  return schema.properties ? schema : schema.items ? objectIn(schema.items) : undefined
}

function rules(schema: Schema): string[] {
  const own = schema['x-kubernetes-validations'] ?? []
  const ofFields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    field.properties ? [] : (field['x-kubernetes-validations'] ?? []).map((rule) => ({ ...rule, name })),
  )
  const lines = [
    ...own.map(({ message }) => `- ${message.trim()}`),
    ...ofFields.map(({ name, message }) => `- \`${name}\`: ${message.trim()}`),
  ]
  return lines.length === 0 ? [] : ['', 'The API server refuses a pipeline with these messages:', '', ...lines]
}

function typeOf(schema: Schema): string {
  if (schema['x-kubernetes-int-or-string']) return 'quantity'
  if (schema.items) return `list of ${typeOf(schema.items)}s`
  if (schema.additionalProperties) return `map of ${typeOf(schema.additionalProperties)}s`
  return schema.type ?? 'any'
}

function limits(schema: Schema): string {
  const range = (low: number | undefined, high: number | undefined, unit: string): string[] => {
    if (low === undefined && high === undefined) return []
    if (high === undefined) return [`at least ${low}${unit}`]
    return [low === undefined ? `at most ${high}${unit}` : `${low} to ${high}${unit}`]
  }
  const defaultValue = schema.default
  const simple = defaultValue !== undefined && JSON.stringify(defaultValue) !== '{}'
  return [
    ...(schema.enum ? [schema.enum.map((value) => `\`${String(value)}\``).join(', ')] : []),
    ...range(schema.minimum, schema.maximum, ''),
    ...range(schema.minLength, schema.maxLength, ' characters'),
    ...range(schema.minItems, schema.maxItems, ' items'),
    ...(schema.pattern ? [`\`${schema.pattern}\``] : []),
    ...(simple
      ? [`default \`${typeof defaultValue === 'string' ? defaultValue : JSON.stringify(defaultValue)}\``]
      : []),
  ].join('; ')
}

function cell(text: string): string {
  return text.trim().replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;')
}

/** As GitHub derives it from a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-')
}
