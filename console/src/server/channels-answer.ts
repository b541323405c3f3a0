// What of the gateway's answer about a customer's settings goes to the page?
import { CommandError } from '@orderpipeline/client'
import { z } from 'zod'
import type { CustomerChannels } from '../model/customer-channels.ts'

const channel = z.object({
  orders: z.boolean(),
  ordersSince: z.string().optional(),
  marketing: z.boolean(),
  marketingSince: z.string().optional(),
})
const settings = z.object({
  mail: channel,
  sms: channel.extend({ phone: z.string().optional(), confirmed: z.boolean().optional() }),
  push: channel.extend({ browsers: z.int() }),
  timeZone: z.string().optional(),
  quietHours: z.object({ from: z.string(), to: z.string() }).optional(),
})

/** Without the phone number. @throws CommandError where the answer is something else */
export function channelsIn(text: string): CustomerChannels {
  const result = settings.safeParse(jsonIn(text))
  if (!result.success) throw new CommandError(`The gateway's answer is no settings: ${text.slice(0, 100)}`)
  const { mail, sms, push, timeZone, quietHours } = result.data
  const { phone, confirmed, ...consents } = sms
  return {
    ...{ mail, push, sms: { ...consents, hasPhone: phone !== undefined, confirmed: confirmed ?? phone !== undefined } },
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(quietHours ? { quietHours } : {}),
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
