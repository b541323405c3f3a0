// Writes the names of the built-in stages where they cannot be imported: `npm run generate`.
import { readFile, writeFile } from 'node:fs/promises'
import { builtInStageNames } from '@orderpipeline/order-events'
import { listsOfStages, withStages } from './built-in-stages.ts'

for (const file of Object.keys(listsOfStages)) {
  const path = new URL(`../../${file}`, import.meta.url)
  await writeFile(path, withStages(file, await readFile(path, 'utf8'), builtInStageNames))
}
