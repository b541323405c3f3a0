// Writes the README of every chart: node docs/src/write-chart-readmes.ts
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chartReadme } from './chart-readme.ts'

const charts = join(import.meta.dirname, '..', '..', 'charts')
export const chartNames = ['order-platform', 'order-shop', 'orderpipeline-operator'] as const
export function readmeFile(name: string): string {
  return join(charts, name, 'README.md')
}

/** What the file should hold. */
export async function currentReadme(name: string): Promise<string> {
  const text = (file: string) => readFile(join(charts, name, file), 'utf8')
  const others = (await readdir(join(charts, name))).filter((file) => /^values-.*\.yaml$/.test(file)).sort()
  return chartReadme({
    chart: await text('Chart.yaml'),
    values: await text('values.yaml'),
    others: await Promise.all(others.map(async (file) => [file, await text(file)] as const)),
  })
}

if (process.argv[1] === import.meta.filename)
  for (const name of chartNames) await writeFile(readmeFile(name), await currentReadme(name))
