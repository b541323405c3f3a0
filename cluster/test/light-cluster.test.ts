import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CoreV1Api, CustomObjectsApi, AppsV1Api } from '@kubernetes/client-node'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { inProcessHost, kubeconfig, startLightCluster } from '../src/testing/index.ts'
import { TimedKubeConfig } from '../src/timed-kube-config.ts'

function client(path: string): TimedKubeConfig {
  const config = new TimedKubeConfig()
  config.loadFromFile(path)
  return config
}

it('the light cluster serves the custom resources that the operator works with', async () => {
  const objects = client(kubeconfig()).makeApiClient(CustomObjectsApi)
  for (const [group, version, plural] of [
    ['orderpipeline.dev', 'v1alpha1', 'orderpipelines'],
    ['keda.sh', 'v1alpha1', 'scaledobjects'],
    ['kafka.strimzi.io', 'v1', 'kafkatopics'],
  ] as const) {
    await objects.listNamespacedCustomObject({ group, version, plural, namespace: 'default' })
  }
})

it('the light cluster has controllers, which create pods that do not run', async () => {
  const config = client(kubeconfig())
  const labels = { app: 'pause' }
  await config.makeApiClient(AppsV1Api).createNamespacedDeployment({
    namespace: 'default',
    body: {
      metadata: { name: 'pause' },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'pause', image: 'pause' }] } },
      },
    },
  })
  const core = config.makeApiClient(CoreV1Api)
  const phases = async () => {
    const { items } = await core.listNamespacedPod({ namespace: 'default', labelSelector: 'app=pause' })
    return items.map((pod) => pod.status?.phase)
  }
  while ((await phases()).length === 0) await sleep(100)
  expect(await phases()).toEqual(['Pending'])
})

it('the light cluster can run in parallel with another one', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'light-cluster-'))
  const host = inProcessHost(join(dir, 'processes'))
  const second = await startLightCluster(host, join(dir, 'second'), { crds: [], name: 'second' })
  const { items } = await client(second.kubeconfigPath).makeApiClient(CoreV1Api).listNamespace()
  expect(items.map((item) => item.metadata?.name)).toContain('default')
  await second.close()
  expect(await host.list()).toEqual([])
  await host.close()
})
