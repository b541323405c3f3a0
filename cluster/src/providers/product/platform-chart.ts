// How is order-platform installed where KEDA and Strimzi are there already, or cannot be
// downloaded? Helm requires every declared dependency in charts/, even one that the values switch
// off. So the chart is assembled in a folder of its own: the umbrella as it is, its own charts next
// to it, and for each other dependency the downloaded archive or an empty chart as a placeholder.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { exists } from '../../files.ts'
import { hashOf, hashOfFolder } from '../hash.ts'
import { chartFolder } from './helm.ts'

export const platformChart = 'order-platform'
/** The parts that the umbrella takes from charts of this project. */
export const ownCharts = ['orderpipeline-operator', 'order-shop'] as const
export type OwnChart = (typeof ownCharts)[number]

interface Dependency {
  readonly name: string
  readonly version: string
  readonly repository: string
}

/**
 * `folder` is emptied. With `archives`, the others' charts are taken from what `helm dependency
 * update` has fetched.
 */
export async function assemblePlatformChart(folder: string, { archives }: { archives: boolean }): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  const source = chartFolder(platformChart)
  const fetched = join(source, 'charts')
  await cp(source, folder, { recursive: true, dereference: true, filter: (path) => path !== fetched })
  for (const { name, version, repository } of await dependencies()) {
    const target = join(folder, 'charts', name)
    const archive = join(fetched, `${name}-${version}.tgz`)
    if (repository.startsWith('file:')) await cp(chartFolder(name), target, { recursive: true, dereference: true })
    else if (!archives) await writePlaceholder(target, name, version)
    else if (await exists(archive)) await cp(archive, `${target}-${version}.tgz`)
    else throw new Error(`${archive} is missing: helm dependency update ${source}`)
  }
}

async function writePlaceholder(folder: string, name: string, version: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const description = 'Placeholder of a subchart that is disabled'
  await writeFile(
    join(folder, 'Chart.yaml'),
    `apiVersion: v2\nname: ${name}\nversion: ${version}\ndescription: ${description}\n`,
  )
}

async function dependencies(): Promise<readonly Dependency[]> {
  const text = await readFile(join(chartFolder(platformChart), 'Chart.yaml'), 'utf8')
  return (parse(text) as { dependencies: Dependency[] }).dependencies
}

/**
 * The hash of everything that the assembled chart is made from, without the archives: their
 * versions are in Chart.yaml.
 */
export async function hashOfPlatformChart(): Promise<string> {
  const fetched = join(chartFolder(platformChart), 'charts')
  const folders = [platformChart, ...ownCharts].map(chartFolder)
  return hashOf((await Promise.all(folders.map((folder) => hashOfFolder(folder, fetched)))).join(' '))
}
