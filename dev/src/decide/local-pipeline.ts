// How does a pipeline differ where there is no cluster? Its Kafka is the one that runs here, which
// needs no user and shows no certificate; its spec is otherwise as written. Pure.
import type { OrderPipeline, OrderPipelineSpec } from '@orderpipeline/operator/api'

export interface LocalPipeline {
  readonly pipeline: OrderPipeline
  /** What was changed or cannot be had here, each a sentence. */
  readonly notes: readonly string[]
}

/** Triggers that are decided on here; the others would need a Prometheus or a calendar. */
const unserved = { prometheus: 'a Prometheus query', schedule: 'a schedule' } as const

export function localPipeline(pipeline: OrderPipeline): LocalPipeline {
  const { spec, metadata } = pipeline
  const { kafka, note } = localKafka(pipeline)
  const parts = [...(spec.gateway ? [{ name: 'gateway', scaling: spec.gateway.scaling }] : []), ...spec.stages]
  const triggers = parts.flatMap(({ name, scaling }) =>
    Object.entries(unserved)
      .filter(([field]) => (scaling as unknown as Record<string, unknown>)[field] !== undefined)
      .map(([field, what]) => `${name}: ${what} does not scale it here (scaling.${field})`),
  )
  return {
    pipeline: {
      ...pipeline,
      metadata: { ...metadata, namespace: metadata.namespace ?? 'default' },
      spec: { ...spec, kafka },
    },
    notes: [...note, ...triggers],
  }
}

function localKafka({ spec, metadata }: OrderPipeline): { kafka: OrderPipelineSpec['kafka']; note: readonly string[] } {
  if ('external' in spec.kafka)
    return {
      kafka: { strimziCluster: `${metadata.name}-kafka` },
      note: [`the pipeline uses the Kafka on this machine, not ${spec.kafka.external.bootstrapServers}`],
    }
  const { strimziCluster, listener } = spec.kafka
  return {
    kafka: { strimziCluster },
    note: listener ? ['Kafka on this machine uses neither TLS nor a user; kafka.listener is ignored'] : [],
  }
}

/**
 * A suspension is written by hand in the file, or set by a command: an edit of the file keeps what
 * `orderpipeline suspend` has set.
 */
export function withLiveSuspension(
  edited: OrderPipeline,
  live: OrderPipeline | undefined,
  fileSays: boolean,
): OrderPipeline {
  if (fileSays || live?.spec.suspend === undefined) return edited
  return { ...edited, spec: { ...edited.spec, suspend: live.spec.suspend } }
}

/** Whether it has a part that runs a program of this project. */
export function needsPrograms({ spec }: OrderPipeline): boolean {
  const { gateway, stages } = spec
  return [...(gateway ? [gateway] : []), ...stages].some(({ image, builtIn }) => image === undefined || builtIn)
}
