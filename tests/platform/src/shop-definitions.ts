// Which definition has each built-in stage when a test runs it in its own process? The one list of
// them for the tests of the whole platform.
import { inventoryStage } from '@orderpipeline/inventory'
import { notificationStage } from '@orderpipeline/notification'
import { ordersStage } from '@orderpipeline/orders'
import { paymentStage } from '@orderpipeline/payment'
import { shippingStage } from '@orderpipeline/shipping'
import { consumedTopics, shopStages } from '@orderpipeline/stage/testing'
import type { Bench, ShopStage, TestStage } from '@orderpipeline/stage/testing'
import { silentLogger } from '@orderpipeline/process'

export interface ShopParts {
  /** The payment stage's provider; with `open`, a circuit breaker that holds the stage. */
  readonly provider: Parameters<typeof paymentStage>[0] & { readonly open?: boolean }
  readonly orders?: Parameters<typeof ordersStage>[1]
  readonly inventory?: Parameters<typeof inventoryStage>[1]
  readonly mailing?: Parameters<typeof notificationStage>[1]
}

export type AnyDefinition = Parameters<Bench['start']>[2]
type Overrides = Parameters<Bench['start']>[3]

export function shopDefinition(stage: ShopStage, parts: ShopParts): AnyDefinition {
  const now = () => new Date()
  const { provider } = parts
  const definitions: Readonly<Record<ShopStage, () => unknown>> = {
    orders: () => ordersStage({ now }, parts.orders),
    inventory: () => inventoryStage({ now }, parts.inventory),
    payment: () => ({ ...paymentStage(provider, { now }), hold: () => provider.open ?? false }),
    shipping: () => shippingStage({ now }),
    notification: () => notificationStage({ logger: silentLogger() }, parts.mailing),
  }
  // Each prepares something of its own type, which only it reads.
  return definitions[stage]() as AnyDefinition
}

/** One replica of each, with what it consumes in the shop. */
export function startShopStages(
  bench: Bench,
  parts: ShopParts,
  overrides?: Overrides,
  stages: readonly ShopStage[] = shopStages,
): TestStage[] {
  return stages.map((stage) => bench.start(stage, consumedTopics[stage], shopDefinition(stage, parts), overrides))
}
