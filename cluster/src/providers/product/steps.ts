// What comes onto the cluster once it runs? The operator and the shop, by their charts; then the wait for the pipeline to be
// Ready. The same on every provider.
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chartValues, type BuiltImage } from '@orderpipeline/images'
import { stringify } from 'yaml'
import type { Step } from '../../progress/steps.ts'
import { hashOfFolder } from '../hash.ts'
import { applyObjects, exist, type Kubectl } from '../kubectl.ts'
import { chartFolder, installChart, isInstalled, type Release } from './helm.ts'
import { waitUntilReady } from './pipeline.ts'

export const operatorNamespace = 'orderpipeline-system'
export const shopNamespace = 'default'
export const pipelineName = 'shop'

export interface ProductOptions {
  readonly kubectl: Kubectl
  readonly kubeconfig: () => Promise<string>
  /** Values given to the charts are written here. */
  readonly valuesDir: string
  /** Known once the step that builds them is done. */
  readonly images: () => readonly Pick<BuiltImage, 'repository' | 'tag'>[]
  /** Names of the provider's steps that each of ours waits for. */
  readonly afterOperator: readonly string[]
  readonly afterShop: readonly string[]
  readonly afterReady: readonly string[]
}

export function productSteps(options: ProductOptions): readonly Step[] {
  const { kubectl } = options
  const operator = { name: 'orderpipeline-operator', namespace: operatorNamespace } as const
  const shop = { name: 'order-shop', namespace: shopNamespace } as const
  const release = async (which: typeof operator | typeof shop): Promise<Release> => ({
    ...which,
    chart: which.name,
    valuesFile: await writeValues(options, which.name),
    kubeconfig: await options.kubeconfig(),
  })
  const unless = (which: typeof operator | typeof shop, alsoThere: () => Promise<boolean>): Step['unless'] => ({
    inputs: async () => `${await hashOfFolder(chartFolder(which.name))} ${valuesOf(options, which.name)}`,
    holds: async () => (await isInstalled(kubectl, which)) && (await alsoThere()),
  })
  const services = () => chartValues(options.images())['order-shop'].image
  return [
    {
      name: 'operator',
      title: 'OrderPipeline operator',
      after: options.afterOperator,
      typicalMs: 6_000,
      unless: unless(operator, () => exist(kubectl, operatorNamespace, 'deployment/orderpipeline-operator')),
      async run(progress) {
        // Helm installs a chart's definitions once and never changes them.
        await applyObjects(kubectl, await crdsOf(operator.name))
        await installChart(kubectl, await release(operator), progress)
      },
    },
    {
      name: 'shop',
      title: 'Order shop: migrations, payment provider, pipeline',
      after: ['operator', ...options.afterShop],
      typicalMs: 20_000,
      unless: unless(shop, () => exist(kubectl, shopNamespace, `orderpipeline/${pipelineName}`)),
      run: async (progress) => await installChart(kubectl, await release(shop), progress),
    },
    {
      name: 'ready',
      title: `Pipeline ${pipelineName}`,
      after: ['shop', ...options.afterReady],
      typicalMs: 30_000,
      run: (progress) => waitUntilReady(kubectl, shopNamespace, pipelineName, services(), progress),
    },
  ]
}

const valuesOf = (options: ProductOptions, chart: 'orderpipeline-operator' | 'order-shop') =>
  stringify(chartValues(options.images())[chart])

async function writeValues(options: ProductOptions, chart: 'orderpipeline-operator' | 'order-shop'): Promise<string> {
  await mkdir(options.valuesDir, { recursive: true })
  const file = join(options.valuesDir, `${chart}.yaml`)
  await writeFile(file, valuesOf(options, chart))
  return file
}

async function crdsOf(chart: string): Promise<string> {
  const folder = join(chartFolder(chart), 'crds')
  const files = await Promise.all((await readdir(folder)).sort().map((name) => readFile(join(folder, name), 'utf8')))
  return files.join('\n---\n')
}
