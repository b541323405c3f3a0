// Which limits are in force, and where are they counted?
import { Gauge } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import type { Redis } from 'ioredis'
import type { Limits } from './hook.ts'
import { createLimiter } from './limiter.ts'
import type { Limiter } from './limiter.ts'
import type { LimitSettings } from './settings.ts'

/** `pipeline`: replicas of one pipeline count together, pipelines that share a Redis do not. */
export function createLimits(
  settings: LimitSettings,
  pipeline: string,
  redis: Redis | undefined,
  registry: Registry,
): Limits {
  const { perAddress, perCustomer, windowSeconds } = settings
  const limiter = (name: string, points: number | undefined): Limiter | undefined =>
    points === undefined
      ? undefined
      : createLimiter({ name: `${pipeline}:${name}`, points, windowSeconds, redis, now: () => performance.now() })
  const [address, customer] = [limiter('address', perAddress), limiter('customer', perCustomer)]
  new Gauge({
    name: 'gateway_rate_limit_shared',
    help: '1 while Redis counts the requests of all replicas together, 0 while each replica counts alone.',
    registers: [registry],
    collect() {
      this.set((address ?? customer)?.shared ? 1 : 0)
    },
  })
  return { ...(address ? { perAddress: address } : {}), ...(customer ? { perCustomer: customer } : {}) }
}
