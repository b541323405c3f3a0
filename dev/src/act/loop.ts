// Who carries a pipeline's spec out here? The operator's own loop, pass for pass, on the objects of
// this process.
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { operatorConfig } from '@orderpipeline/operator/config'
import {
  eventRecorder,
  contestedFields,
  podReports,
  reconcile,
  secretDigests,
  statusWriter,
  foreignObjects,
  throughputLog,
} from '@orderpipeline/operator/embedding'
import type { Reconciler } from '@orderpipeline/operator/embedding'
import type { DesiredSettings } from '@orderpipeline/operator/pipeline'
import type { LocalObjects } from '../objects/local-objects.ts'
import { servicesImageName } from '../objects/stand-ins.ts'
import type { Lag } from './lag.ts'

export interface Loop {
  /** Something has changed: a pass follows, one for everything that changes together. */
  wake(): void
  close(): Promise<void>
}

const gatherMs = 100
const retryMs = 1_000
const secretsMs = 10_000
const statusLimits = { countsMs: 500, lagMs: 2_000 }

export function operatorLoop(
  objects: LocalObjects,
  key: string,
  settings: DesiredSettings,
  { poller, slo }: Pick<Lag, 'poller' | 'slo'>,
  failed: (error: unknown) => void,
): Loop {
  const on = reconcilerOn(objects, settings, { poller, slo }, failed)
  let timer: NodeJS.Timeout | undefined
  let pass: Promise<void> | undefined
  let again = false
  let closed = false

  const wakeAfter = (ms: number): void => {
    if (closed || timer !== undefined) return
    timer = setTimeout(begin, ms)
  }
  function begin(): void {
    timer = undefined
    if (pass) {
      again = true
      return
    }
    pass = once().finally(() => {
      pass = undefined
      if (again) wakeAfter(gatherMs)
      again = false
    })
  }
  async function once(): Promise<void> {
    try {
      const next = await reconcile(on, key)
      if (next.kind === 'after') setTimeout(() => wakeAfter(0), next.ms).unref()
      if (next.kind === 'retry') setTimeout(() => wakeAfter(0), Math.max(retryMs, next.leastMs)).unref()
    } catch (error) {
      failed(error)
      setTimeout(() => wakeAfter(0), retryMs).unref()
    }
  }
  return {
    wake: () => wakeAfter(gatherMs),
    close: async () => {
      closed = true
      clearTimeout(timer)
      await pass
    },
  }
}

function reconcilerOn(
  objects: LocalObjects,
  settings: DesiredSettings,
  { poller, slo }: Pick<Lag, 'poller' | 'slo'>,
  failed: (error: unknown) => void,
): Reconciler {
  const now = () => Date.now()
  const announce = eventRecorder(objects.kube, 'orderpipeline-dev', now, failed)
  return {
    ...{ kube: objects.kube, informers: objects.informers, settings: () => settings, throughput: throughputLog(now) },
    ...{ now, slo },
    foreignOwners: foreignObjects(now),
    contests: contestedFields(now),
    pods: podReports(objects.kube, now, failed),
    secrets: secretDigests(objects.kube, now, failed, secretsMs),
    lagOf: poller.figuresOf,
    status: statusWriter(
      objects.kube,
      announce,
      (status) => status,
      () => undefined,
      { now, wall: now },
      statusLimits,
    ),
    updates: { nextImage: () => undefined }, // there is one image only
    topics: { requestCheck: () => undefined, released: () => true, topicsOf: () => undefined }, // none is kept in a Kafka elsewhere
  }
}

export function keyOfPipeline({ metadata }: OrderPipeline): string {
  return `${metadata.namespace ?? 'default'}/${metadata.name}`
}

/** As of an operator without settings of its own. */
export function loopSettings(): DesiredSettings {
  const { servicesImage, imagePullPolicy, imagePullSecrets, serviceDomain } = operatorConfig(
    { SERVICES_IMAGE: servicesImageName },
    '',
  )
  // A query that nothing here answers must not keep the rest from working: the note has said that
  // it scales nothing.
  const prometheusUrl = 'http://prometheus.invalid'
  return { servicesImage, imagePullPolicy, imagePullSecrets, serviceDomain, prometheusUrl, prometheusRules: false }
}
