// How does a machine without Docker become the whole platform? This is the plan, in the order it is
// read; what need not wait for each other runs side by side.
import { copyFile } from 'node:fs/promises'
import { buildImages, type BuiltImage } from '@orderpipeline/images'
import { strimziCrds, strimziVersion } from '../../backing/index.ts'
import { startControlPlane } from '../../control-plane/start.ts'
import { addonImages, addonManifests, addonReady, installAddon, type Addon } from '../../node/addons.ts'
import type { NodeConfig } from '../../node/config.ts'
import { importedImages, importImage, importNodeImages } from '../../node/images.ts'
import { prepareNetwork } from '../../node/network.ts'
import { startNode, startRuntime } from '../../node/start.ts'
import type { StepProgress } from '../../progress/progress.ts'
import type { Step } from '../../progress/steps.ts'
import { ensureDebianPackages, toolSource } from '../../tools/index.ts'
import { hashOf, hashOfFiles } from '../hash.ts'
import { applyObjects, exist, kubectlWith, type Kubectl } from '../kubectl.ts'
import { recommendationsArchive } from '../product/example-images.ts'
import { product, readyStep, shopNamespace } from '../product/steps.ts'
import { backingOf } from './backing.ts'
import { packages, type NativeCluster } from './cluster.ts'
import { metricsServerTool, toolSteps } from './tool-steps.ts'

export function nativeUp(cluster: NativeCluster): readonly Step[] {
  const kubectl: Kubectl = async (...call) => await kubectlWith((await cluster.controlPlane()).kubeconfig)(...call)
  const backing = backingOf(cluster)
  let images: readonly BuiltImage[] = []
  const platform = product({
    kubectl,
    kubeconfig: async () => (await cluster.controlPlane()).kubeconfig,
    workDir: cluster.dir('values'),
    images: () => images,
    there: ['keda', 'strimzi-kafka-operator', 'kafka', 'postgresql'],
    archives: false,
  })
  const addonStep = (addon: Exclude<Addon, 'definitions'>, title: string, after: readonly string[]): Step => ({
    ...{ name: addon, title, after, typicalMs: 25_000 },
    async run(progress) {
      const node = await cluster.node()
      await importNodeImages(node, (text) => progress.note(text), addonImages[addon])
      await installAddon(node, { kedaSource }, addon, progress)
      await addonReady(node, addon, progress)
    },
  })
  return [
    {
      name: 'packages',
      title: 'Debian packages',
      after: [],
      typicalMs: 20_000,
      run: (progress) => ensureDebianPackages(packages, progress),
    },
    ...toolSteps,
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
      name: 'network',
      title: 'Pod network',
      after: ['packages'],
      typicalMs: 500,
      run: async () => await prepareNetwork(await cluster.node()),
    },
    ...(['kafka', 'postgres', 'redis'] as const).map((name) => ({
      name,
      title: { kafka: 'Kafka', postgres: 'PostgreSQL', redis: 'Redis' }[name],
      after: ['network'],
      typicalMs: { kafka: 20_000, postgres: 6_000, redis: 300 }[name],
      run: (progress: Parameters<Step['run']>[0]) => backing.start(name, progress),
    })),
    {
      name: 'control-plane',
      title: 'Kubernetes control plane',
      after: ['tool-kubernetes', 'network'],
      typicalMs: 12_000,
      async run(progress) {
        const prepared = await cluster.controlPlane()
        await startControlPlane(await cluster.host(), cluster.controlPlaneOptions, prepared, progress)
        await copyFile(prepared.kubeconfig, cluster.paths.kubeconfig)
      },
    },
    {
      name: 'runtime',
      title: 'Container runtime',
      after: ['tool-containerd', 'packages'],
      typicalMs: 15_000,
      run: async (progress) => await startRuntime(await cluster.host(), await cluster.node(), progress),
    },
    {
      name: 'node',
      title: 'Kubernetes node',
      after: ['control-plane', 'runtime'],
      typicalMs: 6_000,
      run: async (progress) => await startNode(await cluster.host(), await cluster.node(), progress),
    },
    {
      name: 'definitions',
      title: 'Definitions and rights of DNS and KEDA',
      after: ['control-plane'],
      typicalMs: 10_000,
      unless: {
        inputs: async () => hashOfFiles([await addonManifests(await cluster.node(), { kedaSource }, 'definitions')]),
        holds: () => exist(kubectl, 'keda', 'serviceaccount/keda-operator', 'crd/scaledobjects.keda.sh'),
      },
      run: async (progress) => await installAddon(await cluster.node(), { kedaSource }, 'definitions', progress),
    },
    addonStep('dns', 'DNS', ['node', 'definitions', 'tool-coredns']),
    addonStep('keda', 'KEDA', ['node', 'definitions', 'tool-keda']),
    {
      name: 'topic-crds',
      title: 'Strimzi’s custom resource definitions',
      after: ['control-plane'],
      typicalMs: 8_000,
      unless: {
        inputs: () => Promise.resolve(strimziVersion),
        holds: () =>
          exist(kubectl, 'default', 'crd/kafkatopics.kafka.strimzi.io', 'crd/kafkanodepools.kafka.strimzi.io'),
      },
      run: async (progress) => await applyObjects(kubectl, await strimziCrds(progress)),
    },
    {
      name: 'topic-operator',
      title: 'Stand-in for Strimzi’s Topic Operator',
      after: ['topic-crds', 'kafka'],
      typicalMs: 2_000,
      run: () => backing.startTopicOperator(),
    },
    {
      name: 'backing-services',
      title: 'Services for Kafka, PostgreSQL and Redis',
      after: ['control-plane', 'kafka', 'postgres', 'redis'],
      typicalMs: 1_000,
      unless: {
        inputs: async () => hashOf(await backing.objects()),
        holds: () => exist(kubectl, shopNamespace, 'secret/shop-postgres-admin', 'endpointslice/redis-host'),
      },
      run: async () => await applyObjects(kubectl, await backing.objects()),
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
    // What no pipeline waits for, once it is Ready.
    metricsServerTool([readyStep]),
    addonStep('metrics-server', 'metrics-server', ['tool-metrics-server']),
    {
      name: 'example-images',
      title: 'Images of the examples',
      after: [readyStep],
      typicalMs: 30_000,
      run: async (progress) =>
        await importMissing(await cluster.node(), [await recommendationsArchive(progress)], progress),
    },
  ]
}

async function importMissing(node: NodeConfig, images: readonly BuiltImage[], progress: StepProgress): Promise<void> {
  const present = [...(await importedImages(node))]
  for (const image of images) {
    if (present.some((name) => name.endsWith(image.name))) continue
    progress.note(image.name)
    await importImage(node, image.tar)
  }
}

const kedaSource = () => toolSource('keda-operator')
