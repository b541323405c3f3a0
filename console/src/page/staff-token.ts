// With which token does a member of the shop's staff look at orders and decide about them? One that
// they paste: it stays in this tab until it is closed, and is sent with these requests alone.
import { staffTokenHeader } from '../model/orders.ts'

const storageKey = 'orderpipeline-staff-token'

export function staffToken(): string | undefined {
  return sessionStorage.getItem(storageKey) ?? undefined
}

export function keepStaffToken(token: string): void {
  sessionStorage.setItem(storageKey, token)
}

export function forgetStaffToken(): void {
  sessionStorage.removeItem(storageKey)
}

export function staffHeaders(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { [staffTokenHeader]: token }
}
