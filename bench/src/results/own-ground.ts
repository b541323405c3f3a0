// On what do the comparisons run outside of tests? On servers and control planes that are started
// for each run alone.
import { startControlPlane } from '../operator/control-plane.ts'
import { startOwnKafka, startOwnRedis, startOwnServers } from '../own-servers.ts'
import type { Ground } from './comparison.ts'
import { makeDurable } from './bullmq/redis.ts'

export const ownGround: Ground = {
  servers: async () => {
    const servers = await startOwnServers()
    let [kafka, redis]: [Promise<string>?, Promise<string>?] = []
    return {
      adminUrl: servers.adminUrl,
      kafka: () => (kafka ??= startOwnKafka(servers)),
      redis: () => (redis ??= startOwnRedis(servers).then(makeDurable)),
      close: () => servers.close(),
    }
  },
  controlPlane: startControlPlane,
}
