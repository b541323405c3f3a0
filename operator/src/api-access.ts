// How does this replica reach the API server? Over one transport; what writes has a field manager,
// and writes only while this replica may lead.
import { transport } from '@orderpipeline/kube'
import type { Transport } from '@orderpipeline/kube'
import type { OperatorConfig } from './config.ts'
import { kubePort } from './kube/port.ts'
import type { Kube } from './kube/port.ts'
import { leader } from './leadership/leader.ts'
import type { Leader } from './leadership/leader.ts'
import type { OperatorParts } from './operator-parts.ts'
import { fieldManager } from './pipeline/index.ts'
import type { Metrics } from './runtime/metrics.ts'

export interface ApiAccess {
  readonly wire: Transport
  readonly lead: Leader
  readonly kube: Kube
  /** With a field manager of its own, so that no other write of the status takes its part away. */
  as(part: 'record' | 'topics'): Kube
}

const requestTimeoutMs = 10_000

export async function apiAccess(parts: OperatorParts, instruments: Metrics): Promise<ApiAccess> {
  const { config, kubeConfig, clock, log } = parts
  const wire = await transport(kubeConfig, {
    userAgent: 'orderpipeline-operator',
    now: clock.now,
    observe: (call, code, seconds) => {
      instruments.requested(call.query?.['watch'] === true ? 'WATCH' : call.method, code, seconds)
      parts.observeCall?.(call, code, seconds)
    },
  })
  const leaseTimeoutMs = (config.lease.seconds * 1000) / 5
  const leases = kubePort(wire, { fieldManager, timeoutMs: leaseTimeoutMs, mayWriteFor: () => leaseTimeoutMs })
  const lead = leader(leases, config.lease, clock, (error) =>
    log.warn({ error, lease: installationOf(config) }, 'the lease cannot be taken or renewed, which is tried again'),
  )
  const writing = { timeoutMs: requestTimeoutMs, mayWriteFor: lead.mayWriteFor }
  return {
    wire,
    lead,
    kube: kubePort(wire, { ...writing, fieldManager }),
    as: (part) => kubePort(wire, { ...writing, fieldManager: `${fieldManager}-${part}` }),
  }
}

/** This installation: its replicas share a lease. */
export function installationOf({ lease }: OperatorConfig): string {
  return `${lease.namespace}/${lease.name}`
}
