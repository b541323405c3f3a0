// `orderpipeline token`: a token of the development issuer, to call a gateway that asks for one.
import { connect, developmentTokens, NoDevIssuerError, NoKubeconfigError } from '@orderpipeline/client'
import { UsageError } from '../environment.ts'
import { groups } from '../groups.ts'
import { clusterOptions } from '../kube/options.ts'
import type { ClusterOptions } from '../kube/options.ts'
import type { CommandContext, CommandDefinition } from '../program.ts'

interface Options extends ClusterOptions {
  readonly scope?: readonly string[]
  readonly json?: true
}

export const token: CommandDefinition = {
  name: 'token',
  group: groups.running,
  examples: [
    'orderpipeline token me',
    'orderpipeline token kim --scope shop.staff',
    'curl -H "authorization: Bearer $(orderpipeline token me)" http://127.0.0.1:30080/v1/orders?customer=me',
  ],
  exitCodes: { 0: 'printed', 3: 'there is no development issuer' },
  describe: (command, action) => {
    clusterOptions(command)
      .description(
        'Print a token of the development issuer for a customer; only the shop of npm start and of the local cluster has that issuer',
      )
      .argument('<customer...>', 'the customer, or several: one token a line')
      .option('--scope <scope...>', 'scopes of the token, such as shop.staff for staff')
      .option('--json', 'as JSON: each customer with the token')
      .action((customers: string[], options: Options) => action((context) => print(customers, options, context)))
  },
}

async function print(customers: readonly string[], options: Options, { environment }: CommandContext): Promise<number> {
  const unusable = customers.find((customer) => !/^[\x21-\x7e]{1,255}$/.test(customer))
  if (unusable !== undefined)
    throw new UsageError(
      `customer: found ${JSON.stringify(unusable.slice(0, 100))}; allowed: 1 to 255 visible ASCII characters without spaces`,
    )
  const kube = await connect(environment, options).catch((error: unknown) => {
    if (!(error instanceof NoKubeconfigError)) throw error
    throw new NoDevIssuerError(`There is no development issuer: ${error.message}`, {
      ...(error.advice === undefined ? {} : { advice: error.advice }),
      cause: error,
    })
  })
  const namespace = options.namespace ?? kube.namespace
  const tokens = await developmentTokens(kube, namespace, customers, options.scope?.join(' '))
  const byCustomer = customers.map((customer, index) => ({ customer, token: tokens[index] ?? '' }))
  const lines = options.json ? [JSON.stringify(byCustomer)] : tokens
  environment.stdout.write(`${lines.join('\n')}\n`)
  return 0
}
