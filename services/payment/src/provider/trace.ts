// How long did the provider take, as the order's trace shows? A span for each call that reaches it,
// under the work on the message; the provider's own side of it is below that span.
import type { SpanAttributes, Tracing } from '@orderpipeline/telemetry'
import type { Provider } from './provider.ts'

export function traced(provider: Provider, tracing: Tracing | undefined): Provider {
  if (!tracing) return provider
  const withSpan = async <T>(
    path: string,
    orderId: string,
    parent: string | undefined,
    call: (traceparent: string) => Promise<T>,
    attributesOf: (answer: T) => SpanAttributes,
    method = 'POST',
  ): Promise<T> => {
    const span = tracing.span(`${method} ${path}`, {
      kind: 'client',
      parent,
      attributes: { 'http.request.method': method, 'url.path': path, 'orderpipeline.order.id': orderId },
    })
    try {
      const answer = await call(span.traceparent)
      span.set(attributesOf(answer))
      return answer
    } catch (error) {
      span.fail(error instanceof Error ? error : new Error(String(error)))
      throw error
    } finally {
      span.end()
    }
  }
  const status = (answer: { readonly status: string }) => ({ 'orderpipeline.payment.status': answer.status })
  return {
    charge: (charge, signal, parent) =>
      withSpan('/v1/charges', charge.orderId, parent, (child) => provider.charge(charge, signal, child), status),
    stop: (about, signal, parent) =>
      withSpan('/v1/voids', about.orderId, parent, (child) => provider.stop(about, signal, child), status),
    find: (orderId, signal, parent) =>
      withSpan(
        '/v1/charges',
        orderId,
        parent,
        (child) => provider.find(orderId, signal, child),
        (charge) => ({ 'orderpipeline.payment.status': charge?.status ?? 'nothing' }),
        'GET',
      ),
    refund: (orderId, chargeId, signal, how) =>
      withSpan(
        '/v1/refunds',
        orderId,
        how?.traceparent,
        (traceparent) => provider.refund(orderId, chargeId, signal, { ...how, traceparent }),
        () => ({ 'orderpipeline.payment.status': 'refunded' }),
      ),
    findRefund: (orderId, chargeId, signal, how) =>
      withSpan(
        '/v1/refunds',
        orderId,
        how?.traceparent,
        (traceparent) => provider.findRefund(orderId, chargeId, signal, { ...how, traceparent }),
        (refund) => ({ 'orderpipeline.payment.status': refund ? 'refunded' : 'nothing' }),
        'GET',
      ),
  }
}
