// Writes what the definition of OrderPipelines says into charts/order-shop/values.schema.json: node
// crds/src/write-values-schema.ts
import { readFile, writeFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { withPipelineParts } from './values-schema.ts'
import type { JsonSchema, OpenApiSchema } from './values-schema.ts'

export const schemaFile = new URL('../../charts/order-shop/values.schema.json', import.meta.url)

/** What the file should hold. */
export async function currentSchema(): Promise<string> {
  const text = await readFile(new URL('../orderpipelines.yaml', import.meta.url), 'utf8')
  const { spec } = parse(text) as { spec: { versions: { schema: { openAPIV3Schema: OpenApiSchema } }[] } }
  const pipeline = spec.versions[0]?.schema.openAPIV3Schema.properties?.['spec'] ?? {}
  const schema = JSON.parse(await readFile(schemaFile, 'utf8')) as JsonSchema
  return `${JSON.stringify(withPipelineParts(schema, pipeline), null, 2)}\n`
}

if (process.argv[1] === import.meta.filename) await writeFile(schemaFile, await currentSchema())
