// Where does the gateway check who sends a request? Before the body is read, on every route that is
// not marked as public. A route for staff is open to staff only, also where customers are not
// authenticated.
import type { FastifyInstance, FastifyRequest } from '@orderpipeline/http'
import { noStaffConfigured } from './staff-scope.ts'
import type { StaffVerifier, Verifier } from './verifier.ts'

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
  readonly staff: StaffVerifier | undefined
}

export function authenticate(app: FastifyInstance, verify: Verifiers): void {
  app.decorateRequest('customer', undefined)
  app.decorateRequest('staff', undefined)
  app.addHook('onRequest', async (request) => {
    if (request.is404) return
    const { access, scope } = request.routeOptions.config
    if (access === 'public') return
    if (access !== 'staff') request.customer = await verify.customer?.(request.headers.authorization)
    else if (verify.staff) request.staff = await verify.staff(staffAuthorization(request), scope)
    else throw noStaffConfigured()
  })
}

/**
 * For callers behind a proxy that uses `Authorization` for itself, as the API server of Kubernetes
 * does.
 */
const staffTokenHeader = 'x-staff-token'

function staffAuthorization({ headers }: FastifyRequest): string | undefined {
  const token = headers[staffTokenHeader]
  return typeof token === 'string' ? `Bearer ${token}` : headers.authorization
}
