// How do KEDA, Strimzi and Kafka come onto kind? From their own charts, through order-platform, the
// one place that names their versions.
import { backoffMs, sleep } from '@orderpipeline/retry'
import { run } from '../../process/run.ts'
import type { StepProgress } from '../../progress/progress.ts'
import type { Kubectl } from '../kubectl.ts'
import { chartFolder } from '../product/helm.ts'
import { platformChart } from '../product/platform-chart.ts'
import { shopNamespace } from '../product/steps.ts'
import { toolPath } from '../../tools/index.ts'

/** The Kafka of the platform's values. */
const kafka = 'kafka/shop-kafka'
const deployments = [
  'deployment/strimzi-cluster-operator',
  'deployment/keda-operator',
  'deployment/keda-operator-metrics-apiserver',
]

const attempts = 4

/**
 * Registries and chart repositories answer 5xx now and then; what is downloaded is in the chart's
 * folder for the next time.
 */
export async function downloadDependencies(progress: StepProgress): Promise<void> {
  progress.note('downloading the charts of KEDA and Strimzi')
  for (let attempt = 1; ; attempt++) {
    try {
      await run(toolPath('helm'), ['dependency', 'update', chartFolder(platformChart)], { timeoutMs: 180_000 })
      return
    } catch (error) {
      if (attempt === attempts) throw error
      progress.note(`the charts could not be downloaded; attempt ${attempt + 1} of ${attempts} follows`)
      await sleep(backoffMs(attempt, { firstMs: 2_000, maxMs: 8_000 }))
    }
  }
}

export async function platformReady(kubectl: Kubectl, progress: StepProgress): Promise<void> {
  for (const deployment of deployments) {
    progress.note(`waiting for ${deployment}`)
    const args = ['rollout', 'status', deployment, '--namespace', shopNamespace, '--timeout', '300s']
    await kubectl(args, { timeoutMs: 310_000 })
  }
  progress.note('waiting for Kafka')
  const args = ['wait', kafka, '--for=condition=Ready', '--namespace', shopNamespace, '--timeout', '600s']
  await kubectl(args, { timeoutMs: 610_000 })
}
