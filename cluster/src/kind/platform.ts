// How do KEDA, Strimzi and Kafka come onto kind? From their own charts, through order-platform, which is the one place that says
// which versions.
import { copyFile, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { run } from '../process/run.ts'
import type { StepProgress } from '../progress/progress.ts'
import type { Kubectl } from '../providers/kubectl.ts'
import { chartFolder, installChart } from '../providers/product/helm.ts'
import { shopNamespace } from '../providers/product/steps.ts'
import { toolPath } from '../tools/index.ts'

export const chart = 'order-platform'
export const valuesSource = join(import.meta.dirname, 'platform-values.yaml')
/** The Kafka of the platform's values. */
const kafka = 'kafka/shop-kafka'
const waited = [
  'deployment/strimzi-cluster-operator',
  'deployment/keda-operator',
  'deployment/keda-operator-metrics-apiserver',
]

export async function installPlatform(
  kubectl: Kubectl,
  options: { readonly kubeconfig: string; readonly valuesDir: string },
  progress: StepProgress,
): Promise<void> {
  progress.note('downloading the charts of KEDA and Strimzi')
  await run(toolPath('helm'), ['dependency', 'update', chartFolder(chart)], { timeoutMs: 180_000 })
  const valuesFile = join(options.valuesDir, `${chart}.yaml`)
  await mkdir(dirname(valuesFile), { recursive: true })
  await copyFile(valuesSource, valuesFile)
  const release = { name: chart, namespace: shopNamespace, chart, valuesFile, kubeconfig: options.kubeconfig }
  await installChart(kubectl, release, progress)
}

export async function platformReady(kubectl: Kubectl, progress: StepProgress): Promise<void> {
  for (const deployment of waited) {
    progress.note(`waiting for ${deployment}`)
    const args = ['rollout', 'status', deployment, '--namespace', shopNamespace, '--timeout', '300s']
    await kubectl(args, { timeoutMs: 310_000 })
  }
  progress.note('waiting for Kafka')
  const args = ['wait', kafka, '--for=condition=Ready', '--namespace', shopNamespace, '--timeout', '600s']
  await kubectl(args, { timeoutMs: 610_000 })
}
