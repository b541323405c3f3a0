// What does a trace say about a message? Its span lasts from the fetch to the effect and the
// published events, under the span of its producer; the events that follow from it carry this span
// on.
import type { ConsumedRecord } from '@orderpipeline/kafka'
import type { Span, Tracing } from '@orderpipeline/telemetry'
import { isProductEvent } from '@orderpipeline/order-events'
import type { OrderEvent, ProductEvent } from '@orderpipeline/order-events'
import type { StageConfig } from './config.ts'

export function tracer(tracing: Tracing, config: Pick<StageConfig, 'KAFKA_GROUP_ID'>) {
  return <Event extends OrderEvent | ProductEvent>(
    event: Event,
    { topic, partition, offset }: ConsumedRecord,
  ): { message: Event; span: Span } => {
    const span = tracing.span(`${topic} process`, {
      kind: 'consumer',
      parent: event.traceparent,
      attributes: {
        'messaging.system': 'kafka',
        'messaging.operation.type': 'process',
        'messaging.destination.name': topic,
        'messaging.destination.partition.id': String(partition),
        'messaging.kafka.offset': Number(offset),
        'messaging.consumer.group.name': config.KAFKA_GROUP_ID,
        'messaging.message.id': event.id,
        'orderpipeline.event': event.type,
        ...(isProductEvent(event)
          ? { 'orderpipeline.sku': event.data.sku }
          : { 'orderpipeline.order.id': event.data.orderId }),
      },
    })
    return { message: { ...event, traceparent: span.traceparent }, span }
  }
}
