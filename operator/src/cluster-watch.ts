// What of the cluster does the operator watch, and what is done about a change? Pipelines and their
// objects, and the schemas that the API server serves of them; a change has the pipeline
// reconciled.
import type { OperatorConfig } from './config.ts'
import {
  declaredStatus,
  declaresRecord,
  knowsFallbackBehavior,
  knowsFormulaFallback,
  withSchemas,
} from './kube/known-fields.ts'
import type { Kube } from './kube/port.ts'
import type { Change } from './kube/object-store.ts'
import { servedSchemas } from './kube/served-schema.ts'
import type { ServedSchemas } from './kube/served-schema.ts'
import type { OperatorParts } from './operator-parts.ts'
import type { OrderPipeline, Resource } from './api/index.ts'
import { absenceCause, pipelineKeyOf } from './pipeline/index.ts'
import type { Absence, DesiredSettings } from './pipeline/index.ts'
import { acting } from './reconcile/acting.ts'
import type { Acting } from './reconcile/acting.ts'
import { leftoverReports, leftovers } from './reconcile/leftovers.ts'
import { isOwnCreation } from './reconcile/reconcile-causes.ts'
import { informersOf } from './reconcile/observe.ts'
import type { Informers } from './reconcile/observe.ts'
import { installationOf } from './api-access.ts'
import type { ApiAccess } from './api-access.ts'
import type { Metrics } from './runtime/metrics.ts'
import type { WorkQueue } from './runtime/work-queue.ts'

export interface ClusterWatch {
  readonly informers: Informers
  readonly schemas: ServedSchemas
  readonly pipelineOf: (key: string) => OrderPipeline | undefined
  close(): void
}

export interface WatchTargets {
  readonly queue: WorkQueue
  readonly instruments: Metrics
  readonly pipelineChanged: (change: Change) => void
}

/** Children change in bursts; one reconcile covers a burst. */
const gatherMs = 200

export function clusterWatch(parts: OperatorParts, kube: Kube, targets: WatchTargets): ClusterWatch {
  const { config, log, clock } = parts
  const { queue, instruments, pipelineChanged } = targets
  const lookAtAll = (): void => {
    for (const key of informers.pipelines.store.keys()) queue.add(key, 'background')
  }
  const leftoverFinalizers = leftovers(kube, leftoverReports(log), parts.heldMs)
  const closing = new AbortController()
  const schemas = servedSchemas(kube, clock.now, lookAtAll, closing.signal)
  const informers: Informers = informersOf(
    kube,
    {
      pipeline: pipelineChanged,
      child: (change) => {
        leftoverFinalizers.note(change)
        const key = pipelineKeyOf(change.object)
        if (key !== undefined && !isOwnCreation(change)) queue.addAfter(key, gatherMs)
      },
      absent: (resource, absence, error) => {
        if (absence)
          log[isOptional(resource, absence) ? 'info' : 'warn'](
            { kind: resource.kind, absence, error },
            absenceCause(resource, absence).what,
          )
        else log.info({ kind: resource.kind }, 'the API server now serves the kind')
        lookAtAll()
      },
      opening: async (resource) => {
        if (withSchemas.has(resource.kind)) await schemas.load(resource)
      },
      restarted: (resource, reason, error) => {
        instruments.watchRestarted(resource.kind, reason)
        if (reason !== 'ended') log.warn({ kind: resource.kind, reason, error }, 'a watch is restarted')
      },
    },
    clock,
    { namespace: config.watchNamespace, ...(parts.watch ? { watch: parts.watch } : {}) },
  )
  return {
    informers,
    schemas,
    pipelineOf: (key) => informers.pipelines.store.get(key) as OrderPipeline | undefined,
    close: () => {
      closing.abort()
      leftoverFinalizers.close()
    },
  }
}

/** Status fields that the served definition lacks are left out of what is written. */
export function servedStatus({ log }: OperatorParts, { schemas }: ClusterWatch) {
  return declaredStatus(schemas, (fields) =>
    log.warn(
      { fields },
      'the CRD of OrderPipelines is older than this operator: these status fields are omitted until the CRD is upgraded',
    ),
  )
}

/** Which pipelines this installation acts on, where several are installed. */
export function actingInstallation(
  parts: OperatorParts,
  access: ApiAccess,
  { informers, schemas }: ClusterWatch,
): Acting {
  const { config, log, clock } = parts
  return acting(
    {
      kube: access.as('record'),
      recordWrite: informers.recordWrite,
      declared: () => declaresRecord(schemas),
      onStandby: (key, to) =>
        log.warn(
          { pipeline: key, acting: to },
          'another installation of the operator acts on the pipeline, this one stands by',
        ),
      onTakeover: (key, from) =>
        log.warn(
          { pipeline: key, from },
          'the installation that acted on the pipeline does not answer, this one acts now',
        ),
      ...clock,
    },
    installationOf(config),
    { answerMs: config.standbySeconds * 1000, askMs: config.standbySeconds * 10_000 },
  )
}

export function desiredSettings(
  config: OperatorConfig,
  { schemas, informers }: Pick<ClusterWatch, 'schemas' | 'informers'>,
): DesiredSettings {
  const rules = informers.children.find(({ resource }) => resource.kind === 'PrometheusRule')
  return {
    servicesImage: config.servicesImage,
    imagePullPolicy: config.imagePullPolicy,
    imagePullSecrets: config.imagePullSecrets,
    serviceDomain: config.serviceDomain,
    prometheusUrl: config.prometheusUrl,
    prometheusRules: rules?.absence() !== 'NotServed',
    prometheusRuleLabels: config.prometheusRuleLabels,
    runbooksUrl: config.runbooksUrl,
    fallbackBehavior: knowsFallbackBehavior(schemas),
    flowScalerUrl: config.flowScaler?.url,
    formulaFallback: knowsFormulaFallback(schemas),
  }
}

/** Without it the pipelines work as well. */
function isOptional({ kind }: Resource, absence: Absence): boolean {
  return kind === 'PrometheusRule' && absence === 'NotServed'
}
