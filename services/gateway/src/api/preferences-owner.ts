// Whose settings is a request about? Those of the customer of its token; without authentication
// those of the customer that its query names.
import type { FastifyRequest } from '@orderpipeline/http'
import { z } from 'zod'
import { notThere } from './problems.ts'
import { customerId, customerOf, subject } from './request-fields.ts'

export type CustomerQuery = z.ZodType<{ customer?: string | undefined }>

export function customerField(authenticated: boolean): z.ZodType<string | undefined> {
  return authenticated ? subject.optional() : customerId
}

export function customerQuery(authenticated: boolean): CustomerQuery {
  return z.strictObject({ customer: customerField(authenticated) })
}

/** @throws HttpProblemError where the query names another customer */
export function ownerOf(request: FastifyRequest, customer: string | undefined): string {
  const owner = request.customer ?? customer ?? ''
  if (customer !== undefined && customer !== owner && customerOf(customer) !== owner)
    throw notThere('customer', customer, `no customer ${customer}`, 'the customer of the token, or none')
  return owner
}
