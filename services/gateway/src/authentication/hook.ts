// Where does the gateway check who sends a request? Before the body is read, on every route that is
// not marked as public. A route for staff is open to staff only, also where customers are not
// authenticated.
import { HttpProblemError } from '@orderpipeline/http'
import type { FastifyInstance, FastifyRequest } from '@orderpipeline/http'
import type { Priority } from '@orderpipeline/order-events'
import { noStaffConfigured } from './staff-scope.ts'
import type { StaffVerifier, Verifier } from './verifier.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The customer that the token names; `undefined` where customers are not authenticated. */
    customer: string | undefined
    /** The class of their orders, where the token says it. */
    claimedPriority: Priority | undefined
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
  app.decorateRequest('claimedPriority', undefined)
  app.decorateRequest('staff', undefined)
  app.addHook('onRequest', async (request) => {
    if (request.is404) return
    const { access, scope } = request.routeOptions.config
    if (access === 'public') return
    if (access !== 'staff') {
      const caller = await verify.customer?.(request.headers.authorization)
      request.customer = caller?.customer
      request.claimedPriority = caller?.priority
    } else if (verify.staff) request.staff = await verifyStaff(request, verify.staff, scope)
    else throw noStaffConfigured()
  })
}

/**
 * For callers behind a proxy that uses `Authorization` for itself, as the API server of Kubernetes
 * does.
 */
const staffTokenHeader = 'x-staff-token'

async function verifyStaff({ headers }: FastifyRequest, verify: StaffVerifier, scope?: string): Promise<string> {
  const token = headers[staffTokenHeader]
  if (typeof token !== 'string') return verify(headers.authorization, scope)
  try {
    return await verify(`Bearer ${token}`, scope)
  } catch (error) {
    throw error instanceof HttpProblemError ? aboutStaffToken(error) : error
  }
}

/** The same refusal, which names the header that has the token. */
function aboutStaffToken({ status, title, message, headers, problems, cause }: HttpProblemError): HttpProblemError {
  const isUnauthorized = status === 401
  return new HttpProblemError(status, title, message, {
    ...{ headers, cause },
    ...(problems && {
      problems: problems.map(({ found, allowed }) => ({
        path: staffTokenHeader,
        found,
        allowed: isUnauthorized ? 'a valid token of the issuer, without Bearer' : allowed,
      })),
    }),
  })
}
