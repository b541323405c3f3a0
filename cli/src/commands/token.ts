// `orderpipeline token`: a token to call a gateway that asks for one, of a customer or of staff.
// The development issuer gives it, or the secret of a gateway with HS256 signs it.
import { connect, developmentTokens, NoDevIssuerError, NoKubeconfigError } from '@orderpipeline/client'
import { UsageError } from '../environment.ts'
import { groups } from '../groups.ts'
import { clusterOptions } from '../kube/options.ts'
import type { ClusterOptions } from '../kube/options.ts'
import type { CommandContext, CommandDefinition } from '../program.ts'
import { isSigning, signingOptions, tokensBySecret } from '../token-by-secret.ts'
import type { SigningOptions } from '../token-by-secret.ts'

interface Options extends ClusterOptions, SigningOptions {
  readonly scope?: readonly string[]
  readonly json?: true
}

interface CustomerToken {
  readonly customer: string
  readonly token: string
  readonly expiresAt?: string
}

/** A scope-token of RFC 6749, 3.3. */
const scopePattern = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/

export const token: CommandDefinition = {
  name: 'token',
  group: groups.running,
  examples: [
    'orderpipeline token me',
    'orderpipeline token kim --scope shop.staff orders:read orders:hold',
    'orderpipeline token kim --secret-file secret --issuer https://issuer.example --audience orders --scope shop.staff',
    'curl -H "authorization: Bearer $(orderpipeline token me)" http://127.0.0.1:30080/v1/orders?customer=me',
  ],
  exitCodes: { 0: 'printed', 1: 'the secret cannot be read, or is too short', 3: 'there is no development issuer' },
  describe: (command, action) => {
    clusterOptions(command)
      .description(
        'Print a token for a customer or for staff: of the development issuer, which npm start and npm run up bring, or signed with the secret of a gateway with HS256',
      )
      .argument('<customer...>', 'the customer, or who of the staff, or several: one token a line')
      .option(
        '--scope <scope...>',
        'scopes of the token, for staff: AUTH_STAFF_SCOPE of the gateway, such as shop.staff, and orders:read, orders:hold, orders:cancel',
      )
    signingOptions(command)
      .option(
        '--json',
        'as JSON: each customer with the token, and the time at which it expires where it is signed here',
      )
      .action((customers: string[], options: Options) => action((context) => print(customers, options, context)))
  },
}

async function print(customers: readonly string[], options: Options, { environment }: CommandContext): Promise<number> {
  const unusable = customers.find((customer) => !/^[\x21-\x7e]{1,255}$/.test(customer))
  if (unusable !== undefined)
    throw new UsageError(
      `customer: found ${JSON.stringify(unusable.slice(0, 100))}; allowed: 1 to 255 visible ASCII characters without spaces`,
    )
  const scopes = options.scope ?? []
  const wrongScope = scopes.find((scope) => !scopePattern.test(scope))
  if (wrongScope !== undefined)
    throw new UsageError(
      `--scope: found ${JSON.stringify(wrongScope.slice(0, 100))}; allowed: scopes such as orders:hold, without spaces`,
    )
  const customerTokens: readonly CustomerToken[] = isSigning(options)
    ? await tokensBySecret(customers, scopes, options)
    : await tokensOfDevIssuer(customers, scopes, options, environment)
  const lines = options.json ? [JSON.stringify(customerTokens)] : customerTokens.map((each) => each.token)
  environment.stdout.write(`${lines.join('\n')}\n`)
  return 0
}

async function tokensOfDevIssuer(
  customers: readonly string[],
  scopes: readonly string[],
  options: ClusterOptions,
  environment: CommandContext['environment'],
): Promise<readonly CustomerToken[]> {
  const kube = await connect(environment, options).catch((error: unknown) => {
    if (!(error instanceof NoKubeconfigError)) throw error
    throw new NoDevIssuerError(`There is no development issuer: ${error.message}`, {
      ...(error.advice === undefined ? {} : { advice: error.advice }),
      cause: error,
    })
  })
  const namespace = options.namespace ?? kube.namespace
  const scope = scopes.length === 0 ? undefined : scopes.join(' ')
  const tokens = await developmentTokens(kube, namespace, customers, scope)
  return customers.map((customer, index) => ({ customer, token: tokens[index] ?? '' }))
}
