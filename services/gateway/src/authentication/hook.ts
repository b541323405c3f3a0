// Where does the gateway check who sends a request? Before the body is read, on every route that is
// not marked as public. A route for staff is open to staff only, also where customers are not
// authenticated.
import type { FastifyInstance } from '@orderpipeline/http'
import { noStaffConfigured } from './staff-scope.ts'
import type { Verifier } from './verifier.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The customer that the token names; `undefined` where customers are not authenticated. */
    customer: string | undefined
    /** Who of the staff; on routes that are for them. */
    staff: string | undefined
  }
}

export interface Verifiers {
  /** Without one, the gateway believes the customer id that a caller states. */
  readonly customer: Verifier | undefined
  readonly staff: Verifier | undefined
}

export function authenticate(app: FastifyInstance, verify: Verifiers): void {
  app.decorateRequest('customer', undefined)
  app.decorateRequest('staff', undefined)
  app.addHook('onRequest', async (request) => {
    if (request.is404) return
    const { access } = request.routeOptions.config
    if (access === 'public') return
    if (access !== 'staff') request.customer = await verify.customer?.(request.headers.authorization)
    else if (verify.staff) request.staff = await verify.staff(request.headers.authorization)
    else throw noStaffConfigured()
  })
}
