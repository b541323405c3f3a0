// What do the benchmarks on the local cluster know of its payment stage and of the simulated
// provider?
export const normalProvider = { latencyMs: 50, errorRate: 0, declineRate: 0 }
export const scaledObject = 'scaledobject/shop-payment'
/** With a number of replicas: KEDA holds the stage there. */
export const pausedReplicas = 'autoscaling.keda.sh/paused-replicas'
/** For `watch`. */
export const payment = {
  deployment: 'shop-payment',
  groupId: 'default.shop.payment',
  topics: ['shop.inventory.updated'],
}
