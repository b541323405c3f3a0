// What do the built-in stages consume in the shop? As in examples/shop.yaml; for whoever runs them
// without an operator.

export const consumedTopics = {
  orders: ['orders.placed', 'inventory.updated', 'payment.processed', 'shipping.updated'],
  inventory: ['orders.validated', 'orders.fulfilment', 'orders.cancelled'],
  payment: ['inventory.updated', 'orders.cancelled'],
  shipping: ['orders.fulfilment', 'orders.cancelled'],
  notification: ['orders.status'],
} as const

export type ShopStage = keyof typeof consumedTopics

export const shopStages = Object.keys(consumedTopics) as ShopStage[]

/** Each once; every topic of the shop is consumed by one of its stages. */
export const shopTopics = [...new Set(Object.values(consumedTopics).flat())]
