// Where do the results go? Into bench/RESULTS.md, and into those tables of the README that come
// from there.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withResultTables } from './readme.ts'

const root = join(import.meta.dirname, '../../..')
export const resultsFile = join(root, 'bench/RESULTS.md')
export const readmeFile = join(root, 'README.md')

export async function writeResults(page: string): Promise<void> {
  await writeFile(resultsFile, page)
  const readme = await readFile(readmeFile, 'utf8')
  const updated = withResultTables(readme, page)
  if (updated !== readme) await writeFile(readmeFile, updated)
}
