// The kind provider: Kubernetes in Docker, with Strimzi itself, and everything else as on every
// provider.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { StatePaths } from '../../paths.ts'
import type { Step } from '../../progress/steps.ts'
import { withoutDevServices } from '../extras.ts'
import type { UpOptions } from '../extras.ts'
import { product } from '../product/steps.ts'
import type { Part } from '../product/steps.ts'
import type { Provider } from '../provider.ts'
import { ensureTool } from '../../tools/index.ts'
import { addonTitles, addonsReady, databaseReady, hasFormerDatabase, installAddons, installRedis } from './backing.ts'
import { clusterName, ensureCluster, kindKubectl, removeCluster } from './cluster.ts'
import { kindImages, loadImages } from './images.ts'
import type { KindImage } from './images.ts'
import { downloadDependencies, platformReady } from './platform.ts'
import { prometheusStep } from './prometheus.ts'

export function kindProvider(paths: StatePaths): Provider {
  return {
    name: 'kind',
    paths,
    up: (options) => kindUp(paths, options),
    down: () => [tools, removal(paths)],
    processes: () => Promise.resolve([]), // all of them are Docker's
    deaths: () => Promise.resolve([]),
  }
}

const tools: Step = {
  name: 'tools',
  title: 'Tools (kind, kubectl, Helm)',
  after: [],
  typicalMs: 500,
  async run(progress) {
    for (const name of ['kind', 'kubectl', 'helm'] as const) await ensureTool(name, progress)
  },
}

function removal(paths: StatePaths): Step {
  return {
    name: 'remove-cluster',
    title: 'The cluster in Docker, with its data',
    after: ['tools'],
    typicalMs: 5_000,
    async run() {
      await removeCluster()
      await rm(paths.root, { recursive: true, force: true })
    },
  }
}

function kindUp(paths: StatePaths, { without }: UpOptions = { without: [] }): readonly Step[] {
  const { kubeconfig } = paths
  const kubectl = kindKubectl(kubeconfig)
  const archives = join(paths.root, 'archives')
  let images: readonly KindImage[] = []
  const there: Part[] = []
  const platform = product({
    kubectl,
    kubeconfig: () => Promise.resolve(kubeconfig),
    workDir: join(paths.root, 'values'),
    images: () => images,
    there,
    archives: true,
    shop: without.includes('dev-services') ? withoutDevServices : {},
  })
  return [
    tools,
    {
      name: 'images',
      title: 'Images of the services, the operator and the examples',
      after: [],
      typicalMs: 60_000,
      async run(progress) {
        images = await kindImages(archives, progress)
      },
    },
    {
      name: 'cluster',
      title: 'Kubernetes in Docker',
      after: ['tools'],
      typicalMs: 90_000,
      run: (progress) => ensureCluster(kubeconfig, progress),
    },
    ...backingSteps(kubectl, there),
    {
      name: 'import',
      title: 'Loading of the images',
      after: ['images', 'cluster'],
      typicalMs: 15_000,
      run: (progress) => loadImages(images, { cluster: clusterName, dir: archives }, progress),
    },
    platform.ahead({
      name: 'platform',
      title: 'KEDA, Strimzi, Kafka and PostgreSQL',
      after: ['cluster', 'images', 'redis'],
      typicalMs: 20_000,
      parts: ['keda', 'strimzi-kafka-operator', 'kafka', 'postgresql'],
      prepare: downloadDependencies,
    }),
    ...readySteps(kubectl, there),
    ...platform.steps({
      shop: ['import', 'platform', 'database-ready'],
      ready: ['platform-ready'],
    }),
    ...(without.includes('prometheus') ? [] : [prometheusStep(kubectl, kubeconfig, join(paths.root, 'values'))]),
  ]
}

function readySteps(kubectl: ReturnType<typeof kindKubectl>, there: readonly Part[]): readonly Step[] {
  return [
    {
      name: 'platform-ready',
      title: 'KEDA, Strimzi and Kafka are ready',
      after: ['platform'],
      typicalMs: 120_000,
      run: (progress) => platformReady(kubectl, progress),
    },
    {
      name: 'database-ready',
      title: `PostgreSQL and ${addonTitles} are ready`,
      after: ['platform', 'add-ons'],
      typicalMs: 30_000,
      async run() {
        const former = there.includes('postgresql')
        await Promise.all([databaseReady(kubectl, former), addonsReady(kubectl)])
      },
    },
  ]
}

/** Adds to `there` what a former `up` has installed. */
function backingSteps(kubectl: ReturnType<typeof kindKubectl>, there: Part[]): readonly Step[] {
  return [
    {
      name: 'redis',
      title: 'Redis',
      after: ['cluster'],
      typicalMs: 2_000,
      async run() {
        if (await hasFormerDatabase(kubectl)) there.push('postgresql')
        await installRedis(kubectl)
      },
    },
    {
      name: 'add-ons',
      title: addonTitles,
      after: ['cluster'],
      typicalMs: 2_000,
      run: () => installAddons(kubectl),
    },
  ]
}
