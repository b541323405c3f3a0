// Which requests does the gateway serve over HTTP? To place orders, to follow and to read them, and
// to read the description of these requests.
import { createHttpServer, registerBodylessRoutes, registerRoutes } from '@orderpipeline/http'
import type { HttpServer, HttpServerOptions, Route } from '@orderpipeline/http'
import type { Intake } from '@orderpipeline/orders/intake'
import { cancellingRoute } from './api/cancel-order.ts'
import type { Cancel } from './api/cancel-order.ts'
import { dependencyHealthRoute } from './api/dependency-health.ts'
import { descriptionRoutes } from './api/description.ts'
import { eventsRoute } from './api/events.ts'
import { healthRoute } from './api/health.ts'
import { placingRoutes } from './api/place-order.ts'
import { problemOf } from './api/problems.ts'
import { codeRoute } from './api/phone-confirmation.ts'
import { customerQuery } from './api/preferences-owner.ts'
import { preferenceRoutes } from './api/preferences.ts'
import type { Preferences } from './api/preferences.ts'
import { productRoutes } from './api/products.ts'
import type { Products } from './api/products.ts'
import { staffOrderRoutes } from './api/staff-orders.ts'
import type { StaffOrders } from './api/staff-orders.ts'
import { staffRoutes } from './api/staff-products.ts'
import type { Catalogue } from './api/staff-products.ts'
import { refundingRoute } from './api/refund-order.ts'
import type { RequestRefund } from './api/refund-order.ts'
import { readingRoutes } from './api/get-orders.ts'
import { unsubscribeRoutes } from './api/unsubscribe.ts'
import { authenticate } from './authentication/hook.ts'
import type { StaffVerifier, Verifier } from './authentication/verifier.ts'
import type { Dependencies } from './dependencies.ts'
import { limitAddresses, limitCustomers, refusalCounter } from './limits/hook.ts'
import type { Limits } from './limits/hook.ts'
import { noEstimates } from './estimates/estimator.ts'
import type { Estimates } from './estimates/estimator.ts'
import type { PrioritySettings } from './priorities/settings.ts'
import { everyOrder } from './queues/admission.ts'
import type { Admission } from './queues/admission.ts'
import type { QueueReader } from './queues/reader.ts'
import type { OrderReader } from './order-read-model/order-reader.ts'
import type { Outcomes } from './order-subscriptions/outcomes.ts'
import type { Streams } from './order-subscriptions/streams.ts'

export interface AppOptions extends HttpServerOptions {
  readonly intake: Intake
  readonly orders: OrderReader
  readonly cancel: Cancel
  /** Without it the pipeline has no topic for refunds of parts. */
  readonly refund?: RequestRefund | undefined
  readonly products: Products
  readonly catalogue: Catalogue
  readonly staffOrders: StaffOrders
  /** Without it customers have no preferences to read or change. */
  readonly preferences?: Preferences | undefined
  /** What signs the links of marketing mails; without it no link is taken. */
  readonly unsubscribeSecret?: string | undefined
  readonly outcomes: Outcomes
  readonly streams: Streams
  /** Without one, the gateway believes the customer id that a caller states. */
  readonly verify?: Verifier
  /** Without one, no caller counts as staff. */
  readonly verifyStaff?: StaffVerifier | undefined
  readonly limits?: Limits
  readonly dependencies: Dependencies
  readonly queues: QueueReader
  readonly queuesMaxAgeSeconds: number
  /** All orders are taken unless given. */
  readonly admission?: Admission
  /** Orders have no classes unless given. */
  readonly priorities?: PrioritySettings | undefined
  /** Nothing is estimated unless given. */
  readonly estimates?: Estimates | undefined
  /** Put before the path in tracking URLs; empty for relative ones. */
  readonly publicUrl: string
  /** For how long caches may show a product as it was, in seconds. */
  readonly productsMaxAgeSeconds: number
  /** Longest wait of a synchronous order for its outcome, milliseconds. */
  readonly maxWaitMs: number
}

export function buildApp(options: AppOptions): HttpServer {
  const { intake, orders, outcomes, streams, verify, publicUrl } = options
  const server = createHttpServer(options)
  const refusals = refusalCounter(options.registry)
  limitAddresses(server.app, options.limits ?? {}, refusals)
  authenticate(server.app, { customer: verify, staff: options.verifyStaff })
  limitCustomers(server.app, options.limits ?? {}, refusals)
  const authenticated = verify !== undefined
  const estimates = options.estimates ?? noEstimates
  const placing = placingRoutes({
    intake,
    outcomes,
    statuses: (orderIds) => orders.statuses(orderIds, undefined),
    admission: options.admission ?? everyOrder,
    priorities: options.priorities,
    estimates,
    authenticated,
    trackingUrl: (orderId) => `${publicUrl}/v1/orders/${orderId}`,
    bodyLimitBytes: options.bodyLimitBytes,
    maxWaitMs: options.maxWaitMs,
  })
  const versionedRoutes: Route[] = [
    ...placing,
    ...alsoAt(
      '/orders/async',
      placing.filter(({ method, path }) => method === 'POST' && path === '/orders'),
    ),
    ...readingRoutes(orders, estimates, authenticated),
    eventsRoute(orders, streams),
    cancellingRoute(options.cancel),
    refundingRoute(options.refund),
    ...productRoutes(options.products, options.productsMaxAgeSeconds),
    ...staffRoutes(options.catalogue, options.products),
    ...staffOrderRoutes(options.staffOrders),
    ...(options.preferences ? preferenceRoutes(options.preferences, authenticated) : []),
  ]
  const bodylessRoutes = bodyless(options)
  const others: Route[] = [
    dependencyHealthRoute(options.dependencies),
    healthRoute(options.queues, options.queuesMaxAgeSeconds),
  ]
  const described = [...versionedRoutes, ...bodylessRoutes]
  const descriptions = descriptionRoutes({ versioned: described, others, authenticated, publicUrl })
  registerRoutes(server.app, versionedRoutes, ['/v1', ''], problemOf)
  registerBodylessRoutes(server.app, bodylessRoutes, ['/v1', ''], problemOf)
  registerRoutes(server.app, [...others, ...descriptions], [''], problemOf)
  return server
}

function bodyless({ preferences, unsubscribeSecret, verify }: AppOptions): Route[] {
  if (!preferences) return []
  const links =
    unsubscribeSecret === undefined
      ? []
      : unsubscribeRoutes((consent) => preferences.withdraw(consent), unsubscribeSecret)
  return [...links, codeRoute(preferences, customerQuery(verify !== undefined))]
}

/** The same under a second path, for clients that know the route by it. */
function alsoAt(path: string, routes: readonly Route[]): Route[] {
  return routes.map((route) => ({ ...route, path }))
}
