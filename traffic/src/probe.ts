// Does a gateway answer there at all? Asked once before the first order: a load on an address where
// nothing serves would end in a summary that says nothing.
import { request } from 'undici'
import { codeOf } from './error-code.ts'

export class NoGatewayError extends Error {
  override readonly name = 'NoGatewayError'
  readonly reason = 'GatewayUnreachable'
  readonly retry = false
}

/**
 * Any answer counts: what the gateway then says to the orders is in the result. @throws
 * NoGatewayError
 */
export async function requireGateway(target: URL, timeoutMs = 5_000): Promise<void> {
  const path = `${target.pathname.replace(/\/$/, '')}/health/queues`
  try {
    const { body } = await request(new URL(path, target.origin), { signal: AbortSignal.timeout(timeoutMs) })
    await body.dump()
  } catch (error) {
    throw new NoGatewayError(
      `No gateway answers at ${target.href} (${codeOf(error)}). Start a shop with npm start or npm run up, or name the gateway with --url.`,
      { cause: error },
    )
  }
}
