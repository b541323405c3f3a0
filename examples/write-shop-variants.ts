// Writes the example pipelines that are the shop with something more: `npm run generate`.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { shopVariants, variantText } from './shop-variants.ts'

function read(...path: string[]): string {
  return readFileSync(join(import.meta.dirname, ...path), 'utf8')
}
const files = shopVariants.flatMap(({ stages = [] }) => stages)
const stages = new Map(files.map((file) => [file, read(file)]))
for (const variant of shopVariants)
  writeFileSync(join(import.meta.dirname, variant.file), variantText(variant, read('shop.yaml'), stages))
