// What comes onto the cluster once it runs? The umbrella chart order-platform, as a user would
// install it, without the parts that the provider has there already; then the wait for the pipeline
// to be Ready. The same on every provider.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chartValues } from '@orderpipeline/images'
import type { BuiltImage } from '@orderpipeline/images'
import { stringify } from 'yaml'
import type { StepProgress } from '../../progress/progress.ts'
import type { Step } from '../../progress/steps.ts'
import { applyObjects, exist } from '../kubectl.ts'
import type { Kubectl } from '../kubectl.ts'
import { chartFolder, installChart, isInstalled } from './helm.ts'
import type { Release } from './helm.ts'
import { releaseToAdopt, forgetFormerShop, retireFormerOperator } from './former-releases.ts'
import { closeGateway } from './open-gateway.ts'
import { waitUntilReady } from './pipeline.ts'
import { assemblePlatformChart, hashOfPlatformChart, ownCharts, platformChart } from './platform-chart.ts'

export const shopNamespace = 'default'
export const pipelineName = 'shop'
export const platformRelease = { name: platformChart, namespace: shopNamespace } as const
/** The Deployment, as the chart names it in this release. */
export const operatorDeployment = `${platformRelease.name}-orderpipeline-operator`
/** Once it has ended the pipeline is Ready: orders can be placed. */
export const readyStep = 'ready'

/** A part of the umbrella, by its switch `<part>.enabled`. */
export type Part = (typeof ownCharts)[number] | 'keda' | 'strimzi-kafka-operator' | 'kafka' | 'postgresql'

export interface ProductOptions {
  readonly kubectl: Kubectl
  readonly kubeconfig: () => Promise<string>
  /** The folder for the chart with its dependencies, and for its values. */
  readonly workDir: string
  /** Known once the step that builds them is done. */
  readonly images: () => readonly Pick<BuiltImage, 'repository' | 'tag'>[]
  /** Parts that the cluster has from elsewhere. */
  readonly there: readonly Part[]
  /**
   * Whether the charts of KEDA and Strimzi have been downloaded. Without them both must be `there`.
   */
  readonly archives: boolean
  /** Values of the shop that go before those of values-local.yaml. */
  readonly shop?: Readonly<Record<string, unknown>>
}

/**
 * A step that installs parts of the release ahead of the others: what takes long to start, or can
 * start before the rest can.
 */
interface AheadStep extends Pick<Step, 'name' | 'title' | 'after' | 'typicalMs'> {
  readonly parts: readonly Part[]
  /** Before the chart is installed. */
  readonly prepare?: (progress: StepProgress) => Promise<void>
}

export interface Product {
  ahead(step: AheadStep): Step
  steps(after: { readonly shop: readonly string[]; readonly ready: readonly string[] }): readonly Step[]
}

export function product(options: ProductOptions): Product {
  const { kubectl } = options
  // The definition that this very run has installed needs no upgrade by a Job.
  let definitionIsCurrent = false
  const installed = () => isInstalled(kubectl, platformRelease)
  const ahead = ({ parts, prepare, ...step }: AheadStep): Step => ({
    ...step,
    // A release that is there is left alone: the step `shop` upgrades it as a whole, and takes no
    // part away.
    unless: { inputs: () => Promise.resolve('installed'), holds: installed },
    async run(progress) {
      await prepare?.(progress)
      if (await installed()) return
      await retireFormerOperator(kubectl, await options.kubeconfig(), progress)
      // Helm installs the definitions of a part only with the first installation of a release, and
      // never changes one that is there.
      if (!parts.includes('orderpipeline-operator') || (await exist(kubectl, shopNamespace, definition)))
        await applyObjects(kubectl, await operatorDefinition(), 'helm')
      definitionIsCurrent = true
      const later = allParts.filter((part) => !parts.includes(part) && !options.there.includes(part))
      const set = later.map((part) => `${part}.enabled=false`)
      await installChart(kubectl, { ...(await releaseOf(options)), set }, progress)
    },
  })
  const shop = (after: readonly string[]): Step => ({
    name: 'shop',
    title: 'Order shop: migrations, payment provider, pipeline',
    after,
    typicalMs: 20_000,
    unless: {
      inputs: async () => `${await hashOfPlatformChart()} ${valuesOf(options)}`,
      holds: async () => (await installed()) && (await exist(kubectl, shopNamespace, ...installedObjects)),
    },
    async run(progress) {
      await retireFormerOperator(kubectl, await options.kubeconfig(), progress)
      const takeOwnership = await releaseToAdopt(kubectl)
      await closeGateway(kubectl, { namespace: shopNamespace, name: pipelineName }, options.shop)
      const set = definitionIsCurrent ? ['orderpipeline-operator.crds.upgrade=false'] : []
      await installChart(kubectl, { ...(await releaseOf(options)), set, takeOwnership }, progress)
      if (takeOwnership) await forgetFormerShop(kubectl)
    },
  })
  const services = () => chartValues(options.images())['order-shop'].image
  const ready = (after: readonly string[]): Step => ({
    name: readyStep,
    title: `Pipeline ${pipelineName}`,
    after,
    typicalMs: 30_000,
    run: (progress) => waitUntilReady(kubectl, shopNamespace, pipelineName, services(), progress),
  })
  return { ahead, steps: (after) => [shop(after.shop), ready(['shop', ...after.ready])] }
}

const definition = 'crd/orderpipelines.orderpipeline.dev'
const installedObjects = [
  `deployment/${operatorDeployment}`,
  'deployment/payment-provider',
  `orderpipeline/${pipelineName}`,
]
function operatorDefinition() {
  return readFile(join(chartFolder('orderpipeline-operator'), 'crds', 'orderpipelines.yaml'), 'utf8')
}

const allParts: readonly Part[] = [...ownCharts, 'keda', 'strimzi-kafka-operator', 'kafka', 'postgresql']

/** Goods to sell, a gateway that answers on this machine, and a Kafka of one broker. */
const localValues = join(chartFolder(platformChart), 'values-local.yaml')

async function releaseOf(options: ProductOptions): Promise<Release> {
  const chart = join(options.workDir, platformChart)
  await assemblePlatformChart(chart, { archives: options.archives })
  const file = join(options.workDir, `${platformChart}.yaml`)
  await mkdir(options.workDir, { recursive: true })
  await writeFile(file, valuesOf(options))
  return { ...platformRelease, chart, valuesFiles: [localValues, file], kubeconfig: await options.kubeconfig() }
}

function valuesOf(options: ProductOptions): string {
  const images = chartValues(options.images())
  return stringify({
    ...images,
    'order-shop': { ...images['order-shop'], ...options.shop },
    ...Object.fromEntries(options.there.map((part) => [part, { enabled: false }])),
  })
}
