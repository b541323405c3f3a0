// Which custom resources does the operator meet? Its own, those of KEDA, Strimzi and the Prometheus
// operator; as YAML, for a cluster that has none of their controllers.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { strimziCrds } from '../backing/strimzi-crds.ts'
import { cachePaths } from '../paths.ts'
import { run } from '../process/run.ts'
import type { StepProgress } from '../progress/progress.ts'
import { toolSource, versions } from '../tools/index.ts'
import { prometheusRuleCrd } from './prometheus-rule-crd.ts'

const ownCrd = join(import.meta.dirname, '..', '..', '..', 'crds', 'orderpipelines.yaml')

/**
 * Only the kinds of KEDA and Strimzi that a pipeline's objects use: the others (a job's whole pod
 * template, a whole Kafka cluster) are a hundred times as large, and the API server takes seconds
 * to process them.
 */
const usedKinds = ['scaledobjects.keda.sh', 'triggerauthentications.keda.sh', 'kafkatopics.kafka.', 'kafkausers.kafka.']

export async function testCrds(kube: string, progress: StepProgress): Promise<readonly string[]> {
  const [own, ...foreign] = await Promise.all([
    readFile(ownCrd, 'utf8'),
    kedaCrds(kube, progress),
    strimziCrds(progress),
  ])
  return [
    own,
    prometheusRuleCrd,
    ...foreign.flatMap(documents).filter((crd) => usedKinds.some((name) => crd.includes(`\n  name: ${name}`))),
  ]
}

function documents(yaml: string) {
  return yaml.split(/^---$/m).map((document) => `\n${document.trim()}\n`)
}

/** Rendered from KEDA's own manifests, once per version. */
async function kedaCrds(kube: string, progress: StepProgress): Promise<string> {
  const dir = cachePaths().artifacts
  const file = join(dir, `keda-crds-${versions.keda}.yaml`)
  const cached = await readFile(file, 'utf8').catch(() => undefined)
  if (cached !== undefined) return cached
  const source = join(await toolSource('keda-operator', progress), 'config', 'crd')
  const { stdout } = await run(kube, ['kubectl', 'kustomize', source], { timeoutMs: 60_000 })
  await mkdir(dir, { recursive: true })
  await writeFile(`${file}.${process.pid}`, stdout)
  await rename(`${file}.${process.pid}`, file)
  return stdout
}

/** Resolves when the API server serves them all. */
export async function applyCrds(kube: string, kubeconfig: string, crds: readonly string[]): Promise<void> {
  if (crds.length === 0) return
  const kubectl = ['kubectl', '--kubeconfig', kubeconfig]
  const input = crds.join('\n---\n')
  const apply = ['apply', '--server-side', '--force-conflicts', '--field-manager=orderpipeline-cluster', '-f', '-']
  await run(kube, [...kubectl, ...apply], { input, timeoutMs: 60_000 })
  const wait = ['wait', 'crd', '--all', '--for=condition=Established', '--timeout=30s']
  // For a definition so new that it has no conditions yet, kubectl fails with "accessor error"
  // instead of waiting.
  for (let attempt = 1; ; attempt++) {
    try {
      await run(kube, [...kubectl, ...wait], { timeoutMs: 40_000 })
      return
    } catch (error) {
      if (attempt === 5 || !(error instanceof Error) || !error.message.includes('accessor error')) throw error
      await sleep(500 * attempt)
    }
  }
}
