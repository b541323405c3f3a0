// How does the spec of an OrderPipeline look as TypeScript? Interfaces made from the CRD's schema,
// with its descriptions and defaults, so that a field is written once. A field with a default is
// optional: a spec may come from a file that no API server has seen. Pure.
import { interfaceNames, unions } from './spec-type-names.ts'
import type { Form } from './spec-type-names.ts'

export interface SpecSchema {
  readonly type?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, SpecSchema>>
  readonly required?: readonly string[]
  readonly items?: SpecSchema
  readonly additionalProperties?: SpecSchema | boolean
  readonly enum?: readonly string[]
  readonly default?: unknown
  readonly 'x-kubernetes-int-or-string'?: boolean
}

/** Name → declaration. */
type Declarations = Map<string, string>

/** @throws Error where two objects share a name and differ, or a type is unknown. */
export function specTypes(spec: SpecSchema): string {
  const declarations: Declarations = new Map()
  typeAt('spec', spec, declarations)
  const head = `// Which fields has the spec of an OrderPipeline, and which defaults? Generated from
// crds/orderpipelines.yaml by \`npm run generate\`; a test compares.`
  const defaults = `/** Of a field in a list: for each of its items. */
export const specDefaults = ${JSON.stringify(defaultsOf(spec) ?? {})} as const`
  return [head, ...[...declarations.values()].toReversed(), defaults].join('\n\n')
}

function typeAt(path: string, schema: SpecSchema, declarations: Declarations): string {
  const union = unions[path]
  if (union) return unionAt(path, schema, union, declarations)
  const text = literal(path, schema, declarations)
  const name = interfaceNames.find(({ at }) => at.test(path))?.name
  if (name === undefined || !schema.properties) return text
  declare(path, name, `export interface ${name} ${text}`, declarations)
  return name
}

function declare(path: string, name: string, declaration: string, declarations: Declarations): void {
  const before = declarations.get(name)
  if (before !== undefined && before !== declaration)
    throw new Error(`${path}: found other fields than those of the ${name} before it; give it a name of its own`)
  declarations.set(name, declaration)
}

function unionAt(
  path: string,
  schema: SpecSchema,
  { name, forms }: { readonly name: string; readonly forms: readonly Form[] },
  declarations: Declarations,
): string {
  const all = Object.keys(schema.properties ?? {})
  const formFields = forms.flatMap(({ required, optional }) => [required, ...optional])
  const others = all.filter((field) => !formFields.includes(field))
  if (others.length > 0) throw new Error(`${path}: found ${others.join(', ')} in no form of ${name}`)
  for (const { name: form, required, optional } of forms) {
    const properties = Object.fromEntries(
      [required, ...optional].map((field) => [field, schema.properties?.[field] ?? {}]),
    )
    const text = literal(path, { properties, required: [required] }, declarations)
    declare(path, form, `export interface ${form} ${text}`, declarations)
  }
  declare(path, name, `export type ${name} = ${forms.map((form) => form.name).join(' | ')}`, declarations)
  return name
}

function literal(path: string, schema: SpecSchema, declarations: Declarations): string {
  const { properties, items, additionalProperties } = schema
  if (schema['x-kubernetes-int-or-string']) return 'string | number'
  if (schema.enum) return schema.enum.map((each) => `'${each}'`).join(' | ')
  if (properties) {
    const fields = Object.entries(properties).map(([name, field]) => {
      const optional = schema.required?.includes(name) ? '' : '?'
      return `${comment(field.description)}readonly ${name}${optional}: ${typeAt(`${path}.${name}`, field, declarations)}`
    })
    return `{\n${fields.join('\n')}\n}`
  }
  if (items) {
    const item = typeAt(`${path}[]`, items, declarations)
    return `readonly ${item.includes('|') ? `(${item})` : item}[]`
  }
  if (typeof additionalProperties === 'object')
    return `Readonly<Record<string, ${typeAt(`${path}{}`, additionalProperties, declarations)}>>`
  const plain = plainTypes.get(schema.type)
  if (plain !== undefined) return plain
  throw new Error(`${path}: found type ${schema.type}; allowed: ${[...plainTypes.keys()].join(', ')}`)
}

const plainTypes: ReadonlyMap<string | undefined, string> = new Map([
  ['string', 'string'],
  ['integer', 'number'],
  ['number', 'number'],
  ['boolean', 'boolean'],
])

/** The defaults of an object's fields, by field; a field without a default is absent. */
function defaultsOf({ properties, items, default: own }: SpecSchema): unknown {
  if (items && own === undefined) return defaultsOf(items)
  if (!properties) return own
  const fields = Object.entries(properties).flatMap(([name, field]) => {
    const value = defaultsOf(field)
    return value === undefined ? [] : [[name, value] as const]
  })
  return fields.length === 0 ? undefined : Object.fromEntries(fields)
}

/** Width of the text, so that a comment fits in 100 columns at any depth of its field. */
const width = 84

function comment(description: string | undefined): string {
  if (description === undefined) return ''
  const lines: string[] = []
  for (const word of description.replaceAll('*/', '* /').split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.length === 1 ? `/** ${lines[0]} */\n` : `/**\n${lines.map((line) => ` * ${line}\n`).join('')} */\n`
}
