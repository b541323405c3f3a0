// Writes the types of the spec from the CRD: `npm run generate`.
import { writeFile } from 'node:fs/promises'
import { format, resolveConfig } from 'prettier'
import { definitionFile, schemaOf } from './reference.ts'
import { specTypes } from './spec-types.ts'
import type { SpecSchema } from './spec-types.ts'

export const typesFile = new URL('../../operator/src/api/spec.generated.ts', import.meta.url)

/** What the file should hold. */
export async function currentSpecTypes(): Promise<string> {
  const { properties } = schemaOf(definitionFile) as SpecSchema
  const style = await resolveConfig(typesFile)
  return format(specTypes(properties?.['spec'] ?? {}), { ...style, parser: 'typescript' })
}

if (process.argv[1] === import.meta.filename) await writeFile(typesFile, await currentSpecTypes())
