// How do the tests see and change the cluster? Through the API server like any client: typed reads,
// and kubectl where a user would use it.
import { spawn } from 'node:child_process'
import { AppsV1Api, AutoscalingV2Api, CoreV1Api, CustomObjectsApi } from '@kubernetes/client-node'
import { TimedKubeConfig } from '@orderpipeline/cluster/kube-config'
import type { OrderPipeline, ScaledObject } from '@orderpipeline/operator/api'

export const namespace = 'default'
const pipelines = { group: 'orderpipeline.dev', version: 'v1alpha1', plural: 'orderpipelines' }

export interface StageView {
  readonly wanted: number
  readonly ready: number
}

export class Cluster {
  readonly #kubeconfigPath: string
  readonly core: CoreV1Api
  readonly apps: AppsV1Api
  readonly autoscaling: AutoscalingV2Api
  readonly custom: CustomObjectsApi

  constructor(kubeconfigPath: string) {
    this.#kubeconfigPath = kubeconfigPath
    const config = new TimedKubeConfig()
    config.loadFromFile(kubeconfigPath)
    this.core = config.makeApiClient(CoreV1Api)
    this.apps = config.makeApiClient(AppsV1Api)
    this.autoscaling = config.makeApiClient(AutoscalingV2Api)
    this.custom = config.makeApiClient(CustomObjectsApi)
  }

  async pipeline(name: string, within = namespace): Promise<OrderPipeline> {
    return (await this.custom.getNamespacedCustomObject({ ...pipelines, namespace: within, name })) as OrderPipeline
  }

  /** Desired and ready replicas of a Deployment. */
  async stage(deployment: string, within = namespace): Promise<StageView> {
    const live = await this.apps.readNamespacedDeployment({ namespace: within, name: deployment })
    return { wanted: live.spec?.replicas ?? 0, ready: live.status?.readyReplicas ?? 0 }
  }

  /** The Deployment that a ScaledObject scales. */
  async scaleTarget(scaledObject: string): Promise<string> {
    const live = (await this.custom.getNamespacedCustomObject({
      group: 'keda.sh',
      version: 'v1alpha1',
      plural: 'scaledobjects',
      namespace,
      name: scaledObject,
    })) as ScaledObject
    return live.spec.scaleTargetRef.name
  }

  async podsOf(pipeline: string, stage: string): Promise<readonly string[]> {
    const pods = await this.core.listNamespacedPod({
      namespace,
      labelSelector: `orderpipeline.dev/pipeline=${pipeline},orderpipeline.dev/stage=${stage}`,
    })
    return pods.items.filter((pod) => !pod.metadata?.deletionTimestamp).map((pod) => pod.metadata?.name ?? '')
  }

  /** Names of everything of a kind that carries the pipeline's label. */
  async namesOf(kind: string, pipeline: string): Promise<readonly string[]> {
    const { stdout } = await this.kubectl(['get', kind, '-l', `orderpipeline.dev/pipeline=${pipeline}`, '-o', 'name'])
    return stdout.split('\n').filter(Boolean)
  }

  /** Runs kubectl; rejects with its output when it fails, unless `allowFailure`. */
  async kubectl(
    args: readonly string[],
    options: { input?: string; allowFailure?: boolean } = {},
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const child = spawn(process.execPath, ['cluster/src/main.ts', 'kubectl', ...args], {
      env: { ...process.env, KUBECONFIG: this.#kubeconfigPath },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: 120_000,
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.stdin.end(options.input ?? '')
    const code = await new Promise<number>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (exit) => resolve(exit ?? 1))
    })
    if (code !== 0 && !options.allowFailure) throw new Error(`kubectl ${args.join(' ')}: ${stderr.trim()}`)
    return { code, stdout, stderr }
  }
}
