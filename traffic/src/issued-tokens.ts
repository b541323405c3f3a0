// How does a load get tokens for the shop that runs here? By the command that a person uses, from
// its development issuer, for all customers before the first order.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { InvalidOptionError } from './units.ts'
import type { Tokens } from './tokens.ts'

const commandLine = join(import.meta.dirname, '..', '..', 'cli', 'src', 'main.ts')
/** Each token costs the issuer a signature of about half a millisecond. */
export const usualCustomers = 5_000
const timeoutMs = 120_000
const outputBytesAtMost = 256 << 20
/** Linux bounds a command line; further calls ask for the rest. */
const customersAtOnce = 5_000
const noIssuer = 3

/** `undefined` where no shop with a development issuer runs. @throws InvalidOptionError */
export async function issuedTokens(count: number): Promise<Tokens | undefined> {
  const customers = Array.from({ length: count }, (_, index) => `customer-${String(index + 1).padStart(6, '0')}`)
  const tokens = new Map<string, string>()
  for (let first = 0; first < customers.length; first += customersAtOnce) {
    const batch = customers.slice(first, first + customersAtOnce)
    const lines = await printedTokens(batch)
    if (lines === undefined) return undefined
    for (const [index, customer] of batch.entries()) tokens.set(customer, lines[index] ?? '')
  }
  return { customers, of: (customer) => Promise.resolve(tokens.get(customer) ?? '') }
}

async function printedTokens(customers: readonly string[]): Promise<readonly string[] | undefined> {
  const options = {
    env: { ...process.env, ORDERPIPELINE_CLUSTER: 'local' },
    timeout: timeoutMs,
    maxBuffer: outputBytesAtMost,
  }
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [commandLine, 'token', ...customers], options)
    return stdout.trimEnd().split('\n')
  } catch (error) {
    const { code, stderr = '' } = error as { readonly code?: unknown; readonly stderr?: string }
    if (code === noIssuer) return undefined
    throw new InvalidOptionError(
      `No tokens could be had: ${stderr.trim() || String(error)}\n--no-tokens sends the orders without.`,
    )
  }
}
