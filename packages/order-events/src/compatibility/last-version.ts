// Where are the promises of the last version, and the messages it wrote?
import { readFileSync } from 'node:fs'
import type { Contract } from './contract.ts'
import type { GoldenMessage } from './golden-messages.ts'

export const contractFile = new URL('../../last-version/contract.json', import.meta.url)
export const messagesFile = new URL('../../last-version/messages.json', import.meta.url)

export function lastContract(): Contract {
  return JSON.parse(readFileSync(contractFile, 'utf8')) as Contract
}

/** By event type. */
export function lastMessages(): Record<string, readonly GoldenMessage[]> {
  return JSON.parse(readFileSync(messagesFile, 'utf8')) as Record<string, readonly GoldenMessage[]>
}
