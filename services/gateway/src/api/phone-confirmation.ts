// How does a customer prove that their phone number is theirs? They have a code sent to it, and
// post it back. How often that may be done is decided where the codes are.
import { HttpProblemError, retryAfterHeader, route } from '@orderpipeline/http'
import type { Route } from '@orderpipeline/http'
import { codePattern } from '@orderpipeline/notification/preferences'
import type { CodeRequest, Confirmation } from '@orderpipeline/notification/preferences'
import { z } from 'zod'
import { ownerOf } from './preferences-owner.ts'
import type { CustomerQuery } from './preferences-owner.ts'

interface PhoneConfirmation {
  /** @throws DatabaseError */
  requestCode(customerId: string): Promise<CodeRequest>
  /** @throws DatabaseError */
  confirm(customerId: string, code: string): Promise<Confirmation>
}

const confirmation = z.strictObject({
  code: z.string().regex(codePattern, 'six digits').describe('From the SMS.'),
})
const result = z.object({ confirmed: z.boolean() })
const otherCustomer = 'the token names another customer.'

/** To be registered with `registerBodylessRoutes`. */
export function codeRoute(phones: PhoneConfirmation, query: CustomerQuery): Route {
  return route({
    method: 'POST',
    path: '/preferences/phone/code',
    summary: 'Sends a code to the phone number of the settings, which confirms it',
    access: 'customer',
    takes: { query },
    answers: {
      202: {
        description: 'A code will arrive if the shop sends SMS; or the number is confirmed already.',
        schema: result,
        examples: { queued: { confirmed: false } },
      },
      404: { description: `The settings have no phone number, or ${otherCustomer}` },
      429: {
        description:
          'The customer or the number has had a code a minute ago, or all of a day; or the shop has sent all of an hour.',
        headers: { 'retry-after': retryAfterHeader },
      },
    },
    handle: async ({ query: { customer } }, request, reply) => {
      const outcome = await phones.requestCode(ownerOf(request, customer))
      if (outcome.kind === 'no number') throw noNumber()
      if (outcome.kind === 'too many') throw tooMany(outcome.waitSeconds, customerLimit)
      if (outcome.kind === 'shop full') throw tooMany(outcome.waitSeconds, shopLimit)
      return reply.code(202).send({ confirmed: outcome.kind === 'confirmed' })
    },
  })
}

export function confirmationRoute(phones: PhoneConfirmation, query: CustomerQuery): Route {
  return route({
    method: 'POST',
    path: '/preferences/phone/confirmation',
    summary: 'Confirms the phone number of the settings by the code that was sent to it',
    access: 'customer',
    takes: { query, body: confirmation },
    examples: { code: { code: '042317' } },
    answers: {
      200: {
        description: 'The number is confirmed and gets messages from now on.',
        schema: result,
        examples: { confirmed: { confirmed: true } },
      },
      404: { description: `Not found: ${otherCustomer}` },
      409: { description: 'No code is valid: the last one is older than ten minutes, or was tried five times.' },
      422: { description: 'The code is another one.' },
    },
    handle: async ({ query: { customer }, body: { code } }, request) => {
      const outcome = await phones.confirm(ownerOf(request, customer), code)
      switch (outcome.kind) {
        case 'confirmed':
          return { confirmed: true }
        case 'wrong':
          throw wrongCode(outcome.triesLeft)
        case 'no code':
          throw noCode()
      }
    },
  })
}

function noNumber(): HttpProblemError {
  const problems = [
    {
      path: 'sms.phone',
      found: 'settings without a phone number',
      allowed: 'a number that PUT /v1/preferences has saved',
    },
  ]
  return new HttpProblemError(404, 'Not Found', 'no phone number to confirm', { problems })
}

const customerLimit = 'a customer or a number with a code in the last minute, or all of a day'
const shopLimit = 'a shop whose customers have requested all codes of an hour'

function tooMany(waitSeconds: number, limit: string): HttpProblemError {
  const seconds = Math.ceil(waitSeconds)
  const headers = { 'retry-after': String(seconds) }
  const problems = [
    {
      path: 'sms.phone',
      found: limit,
      allowed: `another code in ${seconds} seconds`,
    },
  ]
  return new HttpProblemError(429, 'Too Many Codes', 'no further code is sent yet', { headers, problems })
}

function wrongCode(triesLeft: number): HttpProblemError {
  const allowed =
    triesLeft === 0
      ? 'the code of another SMS: this one was tried too often'
      : `the code of the SMS; ${triesLeft} more tries`
  const problems = [{ path: 'code', found: 'a code that was not sent to this number', allowed }]
  return new HttpProblemError(422, 'Wrong Code', 'the code is another one', { problems })
}

function noCode(): HttpProblemError {
  const problems = [
    {
      path: 'code',
      found: 'no code that is valid now',
      allowed: 'one that POST /v1/preferences/phone/code has sent in the last ten minutes, tried less than five times',
    },
  ]
  return new HttpProblemError(409, 'No Code', 'no code is valid for this number', { problems })
}
