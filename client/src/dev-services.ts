// How does a user of a development shop get a token? From its issuer, which is a part of the
// development services, through the API server: every user of their Service's proxy gets one.
import { CommandError } from './failure.ts'
import type { ApiServer } from './kube/api-server.ts'
import { namespacePath } from './kube/pipelines.ts'

export const devServicesName = 'dev-services'
const service = `${devServicesName}:8080`
const answerTimeoutMs = 30_000
/** Customers of one request, as the issuer bounds it. */
const atOnce = 1_000

/** A script can tell it from a failure by the exit code. */
export class NoDevIssuerError extends CommandError {
  override readonly name = 'NoDevIssuerError'
  override readonly reason = 'NoDevIssuer'
  override readonly exitCode = 3
}

export function devServicesPath(namespace: string, path: string): string {
  return `${namespacePath('v1', namespace)}/services/${service}/proxy${path}`
}

/** A token for each customer, in their order. @throws NoDevIssuerError, CommandError */
export async function developmentTokens(
  kube: Pick<ApiServer, 'send'>,
  namespace: string,
  customers: readonly string[],
  scope?: string,
): Promise<readonly string[]> {
  const tokens: string[] = []
  for (let first = 0; first < customers.length; first += atOnce) {
    const body = { customers: customers.slice(first, first + atOnce), ...(scope === undefined ? {} : { scope }) }
    const path = devServicesPath(namespace, '/tokens')
    const answer = await kube.send<{ readonly tokens: readonly string[] }>('POST', path, body, answerTimeoutMs)
    if (answer === undefined)
      throw new NoDevIssuerError(`There is no development issuer in the namespace ${namespace}.`, {
        advice:
          '`npm start` and `npm run up` bring one, unless their profile or values are without it. A token of another issuer comes from that issuer.',
      })
    tokens.push(...answer.tokens)
  }
  return tokens
}
