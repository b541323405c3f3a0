// How long does an order's first event wait in the outbox, and did Kafka take it? A span for each
// publication, between the request that placed the order and the first stage.
import type { Span, Tracing } from '@orderpipeline/telemetry'
import type { OutboxMessage } from '@orderpipeline/orders/intake'

type Publish = (messages: readonly OutboxMessage[]) => Promise<void>

const traceparentField = /"traceparent":"([0-9a-f-]{55})"/

/** The events are text by then; the one field is put in their place. */
export function tracedPublish(tracing: Tracing | undefined, publish: Publish): Publish {
  if (!tracing) return publish
  return async (messages) => {
    const spans: Span[] = []
    const tracedMessages = messages.map((message) => {
      const span = tracing.span(`${message.topic} publish`, {
        kind: 'producer',
        parent: traceparentField.exec(message.value)?.[1],
        attributes: {
          'messaging.system': 'kafka',
          'messaging.operation.type': 'send',
          'messaging.destination.name': message.topic,
        },
      })
      spans.push(span)
      return { ...message, value: message.value.replace(traceparentField, `"traceparent":"${span.traceparent}"`) }
    })
    try {
      await publish(tracedMessages)
    } catch (error) {
      for (const span of spans) span.fail(error instanceof Error ? error : new Error(String(error)))
      throw error
    } finally {
      for (const span of spans) span.end()
    }
  }
}
