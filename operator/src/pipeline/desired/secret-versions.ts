// Which pods use an old password or certificate? A container reads Secrets only when it starts, so
// its template has a digest of the values. Another digest is another version, which is rolled out
// like any other, one part after the other.
import type { Deployment, OrderPipeline, V1EnvVar } from '../../api/index.ts'
import { gatewayEnvironment, stageEnvironment } from './environment.ts'
import type { SecretKey } from '../kafka/kafka-connection.ts'
import { gatewayName, secretsAnnotation } from '../children/names.ts'
import type { PodReport } from '../rollout/new-version.ts'
import { templateOf } from '../children/part-versions.ts'
import { isReplacing } from '../rollout/rollout-status.ts'
import type { LivePart } from '../children/part-versions.ts'

/**
 * Digest of the value of each referenced key, by `secret/key`; a key that cannot be read is absent.
 */
export type SecretDigests = ReadonlyMap<string, string>

export function secretKeyName({ name, key }: SecretKey): string {
  return `${name}/${key}`
}

/** What the containers of each part take from Secrets. */
export function secretReferences(pipeline: OrderPipeline): ReadonlyMap<string, readonly SecretKey[]> {
  const { gateway, stages } = pipeline.spec
  return new Map([
    ...(gateway ? [[gatewayName, secretKeysIn(gatewayEnvironment(pipeline, gateway))] as const] : []),
    ...stages.map((stage) => [stage.name, secretKeysIn(stageEnvironment(pipeline, stage, 0))] as const),
  ])
}

function secretKeysIn(env: readonly V1EnvVar[]): SecretKey[] {
  return env.flatMap(({ valueFrom }) => {
    const { name, key } = valueFrom?.secretKeyRef ?? {}
    return name === undefined || key === undefined ? [] : [{ name, key }]
  })
}

export interface PartSecrets {
  readonly part: string
  readonly live: LivePart
}

/**
 * The digest for each part's template; undefined for none. A Secret that cannot be read leaves a
 * part as it is, and a part waits while another one is being replaced, so that a new password does
 * not restart every stage at once.
 */
export function secretVersions(
  pipeline: OrderPipeline,
  parts: readonly PartSecrets[],
  digests: SecretDigests,
  pods: ReadonlyMap<string, PodReport>,
): ReadonlyMap<string, string | undefined> {
  const references = secretReferences(pipeline)
  let changingPart = parts.find(({ part, live }) => isUnderWay(live, pods.get(part)))?.part
  const versions = new Map<string, string | undefined>()
  for (const { part, live } of parts) {
    const current = digestIn(live[live.active])
    const desired = combinedDigest(references.get(part) ?? [], digests)
    const free = !live[live.active] || (live[live.active]?.spec.replicas ?? 0) === 0
    const mayChange = free || changingPart === undefined || changingPart === part
    const changes = desired !== undefined && desired !== current
    if (changes && mayChange && !free) changingPart = part
    versions.set(part, changes && mayChange ? desired : current)
  }
  return versions
}

/**
 * Whether others should wait for a part that is being replaced. Not where its cluster is the reason
 * that it makes no progress.
 */
function isUnderWay(live: LivePart, report: PodReport | undefined): boolean {
  return (
    isReplacing(live) && (live[live.active]?.spec.replicas ?? 0) > 0 && report?.trial?.trouble?.fault !== 'elsewhere'
  )
}

function digestIn(deployment: Deployment | undefined): string | undefined {
  return templateOf(deployment)?.metadata?.annotations?.[secretsAnnotation]
}

function combinedDigest(references: readonly SecretKey[], digests: SecretDigests): string | undefined {
  const all = references.map((reference) => digests.get(secretKeyName(reference)))
  return all.length === 0 || all.includes(undefined) ? undefined : all.join('.')
}
