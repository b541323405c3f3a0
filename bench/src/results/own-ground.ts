// On what do the comparisons run outside of tests? On servers and control planes that are started
// for each run alone.
import { startControlPlane } from '../operator/control-plane.ts'
import { sagaServersOf, startOwnRedis, startOwnServers } from '../own-servers.ts'
import type { Ground } from './comparison.ts'
import { makeDurable } from './bullmq/redis.ts'

export const ownGround: Ground = {
  servers: async () => {
    const servers = await startOwnServers()
    let redis: Promise<string> | undefined
    return {
      ...sagaServersOf(servers),
      redis: () => (redis ??= startOwnRedis(servers).then(makeDurable)),
      close: () => servers.close(),
    }
  },
  controlPlane: startControlPlane,
}
