// How does a machine without Docker become the whole platform? This is the plan, in the order it is
// read; what need not wait for each other runs side by side.
import { buildImages } from '@orderpipeline/images'
import type { BuiltImage } from '@orderpipeline/images'
import type { NodeConfig } from '../../node/config.ts'
import { importedImages, importImage } from '../../node/images.ts'
import type { StepProgress } from '../../progress/progress.ts'
import type { Step } from '../../progress/steps.ts'
import { withoutDevServices } from '../extras.ts'
import type { Extra, UpOptions } from '../extras.ts'
import { kubectlWith } from '../kubectl.ts'
import type { Kubectl } from '../kubectl.ts'
import { recommendationsArchive } from '../product/example-images.ts'
import { product, readyStep } from '../product/steps.ts'
import { laterAddonSteps, neededAddonSteps } from './addon-steps.ts'
import { replicaSecret } from '../../backing/index.ts'
import { backingOf } from './backing.ts'
import { backingObjectSteps, backingProcessSteps } from './backing-steps.ts'
import type { NativeCluster } from './cluster.ts'
import { kubernetesSteps, machineSteps } from './kubernetes-steps.ts'
import { prometheusStep } from './prometheus-step.ts'
import { toolSteps } from './tool-steps.ts'

export function nativeUp(cluster: NativeCluster, { without }: UpOptions = { without: [] }): readonly Step[] {
  const kubectl: Kubectl = async (...call) => await kubectlWith((await cluster.controlPlane()).kubeconfig)(...call)
  const backing = backingOf(cluster, { replica: !without.includes('replica') })
  return [
    ...machineSteps(cluster),
    ...toolSteps,
    ...backingProcessSteps(backing),
    ...kubernetesSteps(cluster),
    ...neededAddonSteps(cluster, kubectl),
    ...backingObjectSteps(backing, kubectl),
    ...productSteps(cluster, kubectl, without),
    ...laterAddonSteps(cluster, readyStep),
    ...(without.includes('prometheus') ? [] : [prometheusStep(cluster)]),
    exampleImages(cluster),
  ]
}

/** The images of the product, its operator and the shop. */
function productSteps(cluster: NativeCluster, kubectl: Kubectl, without: readonly Extra[]): readonly Step[] {
  let images: readonly BuiltImage[] = []
  const platform = product({
    kubectl,
    kubeconfig: async () => (await cluster.controlPlane()).kubeconfig,
    workDir: cluster.dir('values'),
    images: () => images,
    there: ['keda', 'strimzi-kafka-operator', 'kafka', 'postgresql'],
    archives: false,
    shop: {
      ...(without.includes('dev-services') ? withoutDevServices : {}),
      ...(without.includes('replica') ? {} : { readReplica: { secretName: replicaSecret, key: 'url' } }),
    },
  })
  return [
    {
      name: 'images',
      title: 'Images of the services and the operator',
      after: [],
      typicalMs: 30_000,
      async run(progress) {
        images = await buildImages({ log: (line) => progress.note(line) })
      },
    },
    {
      name: 'import',
      title: 'Import of the images',
      after: ['images', 'runtime'],
      typicalMs: 8_000,
      async run(progress) {
        await importMissing(await cluster.node(), images, progress)
      },
    },
    platform.ahead({
      name: 'operator',
      title: 'OrderPipeline operator',
      after: ['import', 'definitions', 'topic-crds', 'tool-helm'],
      typicalMs: 6_000,
      parts: ['orderpipeline-operator'],
    }),
    ...platform.steps({
      shop: ['operator', 'dns', 'backing-services', 'topic-operator'],
      ready: ['keda'],
    }),
  ]
}

function exampleImages(cluster: NativeCluster): Step {
  return {
    name: 'example-images',
    title: 'Images of the examples',
    after: [readyStep],
    typicalMs: 30_000,
    run: async (progress) =>
      await importMissing(await cluster.node(), [await recommendationsArchive(progress)], progress),
  }
}

async function importMissing(node: NodeConfig, images: readonly BuiltImage[], progress: StepProgress): Promise<void> {
  const present = [...(await importedImages(node))]
  for (const image of images) {
    if (present.some((name) => name.endsWith(image.name))) continue
    progress.note(image.name)
    await importImage(node, image.tar)
  }
}
