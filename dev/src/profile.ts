// What runs with a pipeline in the profile `shop`, and what does its spec get for it? The
// development services as a Deployment, and what the foundation has of Redis and a read replica. In
// the profile `plain` there is none of it.
import { join } from 'node:path'
import type { KubeObject, OrderPipeline } from '@orderpipeline/operator/api'
import { gatewayName, workloadName } from '@orderpipeline/operator/pipeline'
import { devServicesName, withShopProfile } from './decide/shop-profile.ts'
import type { Foundation } from './foundation.ts'
import type { LivePipeline } from './live-pipeline.ts'
import type { LocalPorts } from './objects/initial-objects.ts'
import { devServicesDeployment } from './objects/stand-ins.ts'
import type { DevOptions } from './options.ts'

export interface ProfilePorts extends Pick<LocalPorts, 'devServices' | 'redis'> {
  readonly replica: number | undefined
}

/** Fills the pipeline with what there is. Resolves with the ports of it, once it runs. */
export async function fillProfile(
  { profile }: Pick<DevOptions, 'profile'>,
  foundation: Pick<Foundation, 'ports' | 'redis' | 'replica'>,
  pipeline: LivePipeline,
): Promise<ProfilePorts> {
  if (profile === 'plain') return { replica: undefined }
  const { ports } = foundation
  const [redis, replica] = await Promise.all([foundation.redis, foundation.replica])
  const parts = { redis: redis !== undefined, replica: replica !== undefined }
  pipeline.completeWith((each) => withShopProfile(each, parts))
  if (!parts.redis)
    pipeline.note('redis-server is not on the PATH: each gateway counts requests for itself, and nothing is cached')
  const devServices = { http: await ports.port(devServicesName), smtp: await ports.port(`${devServicesName}-smtp`) }
  return { devServices, redis, replica }
}

/** What has to run for it. */
export function profileObjects(
  { profile }: Pick<DevOptions, 'profile'>,
  { state }: Pick<Foundation, 'state'>,
  { metadata }: OrderPipeline,
): readonly KubeObject[] {
  if (profile === 'plain') return []
  const gateway = `${workloadName(metadata.name, gatewayName)}:8080`
  const keyFile = join(state.dir, 'issuer-key.pem')
  return [devServicesDeployment(metadata.namespace ?? 'default', { keyFile, gateway })]
}
