// How does a machine without Docker become the whole platform? This is the plan, in the order it is read; what need not wait
// for each other runs side by side.
import { copyFile } from 'node:fs/promises'
import { buildImages, type BuiltImage } from '@orderpipeline/images'
import { strimziCrds, strimziVersion } from '../../backing/index.ts'
import { startControlPlane } from '../../control-plane/start.ts'
import { addonManifests, addonsReady, installAddons } from '../../node/addons.ts'
import { importedImages, importImage } from '../../node/images.ts'
import { prepareNetwork } from '../../node/network.ts'
import { startNode, startRuntime } from '../../node/start.ts'
import type { Step } from '../../progress/steps.ts'
import { ensureDebianPackages, ensureTool, missingTools, toolSource } from '../../tools/index.ts'
import { hashOf, hashOfFiles } from '../hash.ts'
import { applyObjects, exist, kubectlWith, type Kubectl } from '../kubectl.ts'
import { recommendationsArchive } from '../product/example-images.ts'
import { productSteps, shopNamespace } from '../product/steps.ts'
import { backingOf } from './backing.ts'
import { packages, tools, type NativeCluster } from './cluster.ts'

export function nativeUp(cluster: NativeCluster): readonly Step[] {
  const kubectl: Kubectl = async (...call) => await kubectlWith((await cluster.controlPlane()).kubeconfig)(...call)
  const backing = backingOf(cluster)
  let images: readonly BuiltImage[] = []
  return [
    {
      name: 'packages',
      title: 'Debian packages',
      after: [],
      typicalMs: 20_000,
      run: (progress) => ensureDebianPackages(packages, progress),
    },
    {
      name: 'tools',
      title: 'Tools (Kubernetes, KEDA, containerd, CoreDNS, Helm)',
      after: [],
      typicalMs: 500,
      async run(progress) {
        const missing = await missingTools(tools)
        if (missing.names.length > 0) progress.expect(missing.typicalMs)
        const note = (text: string) => progress.note(text)
        for (const name of tools) await ensureTool(name, { note, expect: () => undefined })
      },
    },
    {
      name: 'images',
      title: 'Images of the services, the operator and the examples',
      after: [],
      typicalMs: 30_000,
      async run(progress) {
        const ours = await buildImages({ log: (line) => progress.note(line) })
        images = [...ours, await recommendationsArchive(progress)]
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
      after: ['tools', 'network'],
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
      after: ['tools', 'packages'],
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
      name: 'addons',
      title: 'DNS, KEDA and metrics-server: manifests',
      after: ['control-plane'],
      typicalMs: 10_000,
      unless: {
        inputs: async () => hashOfFiles([await addonManifests(await cluster.node(), { kedaSource })]),
        holds: async () =>
          (await exist(kubectl, 'keda', 'deployment/keda-operator', 'deployment/keda-metrics-apiserver')) &&
          (await exist(kubectl, 'kube-system', 'deployment/coredns', 'deployment/metrics-server')),
      },
      run: async (progress) => await installAddons(await cluster.node(), { kedaSource }, progress),
    },
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
        const node = await cluster.node()
        const present = await importedImages(node)
        for (const image of images) {
          if ([...present].some((name) => name.endsWith(image.name))) continue
          progress.note(image.name)
          await importImage(node, image.tar)
        }
      },
    },
    {
      name: 'addons-ready',
      title: 'DNS, KEDA and metrics-server',
      after: ['node', 'addons'],
      typicalMs: 25_000,
      run: async (progress) => await addonsReady(await cluster.node(), progress),
    },
    ...productSteps({
      kubectl,
      kubeconfig: async () => (await cluster.controlPlane()).kubeconfig,
      valuesDir: cluster.dir('values'),
      images: () => images,
      afterOperator: ['import', 'addons', 'topic-crds'],
      afterShop: ['node', 'backing-services', 'topic-operator'],
      afterReady: ['addons-ready'],
    }),
  ]
}

const kedaSource = () => toolSource('keda-operator')
