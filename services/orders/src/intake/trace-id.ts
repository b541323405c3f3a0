// Under which trace was an order placed? That of its request, where it is sampled: of another one
// no collector knows anything.
const sampledTrace = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f][13579bdf]/

/** From a W3C traceparent. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return traceparent === undefined ? undefined : sampledTrace.exec(traceparent)?.[1]
}
