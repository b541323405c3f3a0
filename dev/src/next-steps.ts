// What can a user do with a running pipeline? The commands to type next, with the addresses that it
// has here. Pure.
export interface Summary {
  readonly pipeline: string
  readonly file: string
  readonly gateway: string | undefined
  /** Where it is seen in a browser. */
  readonly console: string | undefined
  readonly provider: string | undefined
  /** Where mails and traces are seen, and tokens are issued. */
  readonly devServices: string | undefined
  /** Whether the gateway asks for a token of the development issuer. */
  readonly tokens: boolean
  readonly notes: readonly string[]
  readonly notRun: readonly string[]
  readonly state: string
}

const tokenCommand = 'npm run -s orderpipeline -- token me'

export function nextSteps(
  { pipeline, file, gateway, console, provider, devServices, tokens, notes, notRun, state }: Summary,
  tookMs: number,
): string[] {
  const order = `'{"customerId":"me","items":[{"sku":"SKU-0001","quantity":1}]}'`
  const token = tokens ? ` -H "authorization: Bearer $(${tokenCommand})"` : ''
  return [
    '',
    `${pipeline} runs after ${Math.round(tookMs / 1_000)} s.${gateway ? ` It accepts orders at ${gateway}; its API is described at ${gateway}/docs.` : ''}`,
    ...(console ? [`Open it in a browser: ${console}`] : []),
    ...notes.map((note) => `  note: ${note}`),
    ...notRun.map((stage) => `  not run here: ${stage}`),
    '',
    ...(gateway
      ? [
          'Place an order and follow it (another terminal, in this directory):',
          `  curl -s ${gateway}/v1/orders${token} -H 'content-type: application/json' -d ${order}`,
          `  curl -s ${gateway}/v1/orders/<orderId of the answer>${token}`,
          'Place a burst of orders, and follow each until it has ended:',
          '  npm run load -- --burst 2000 --wait',
          'See its PostgreSQL, Kafka and Redis, as the gateway does:',
          `  curl -s ${gateway}/health`,
        ]
      : []),
    ...(devServices
      ? ['See its mails, and the traces of its orders:', `  ${devServices}/mails   ${devServices}/traces`]
      : []),
    ...(provider
      ? [
          'Make the payment provider slow, watch payment scale out, and make it fast again:',
          `  curl -s -X PUT ${provider}/v1/behaviour -H 'content-type: application/json' -d '{"latencyMs":3000}'`,
          `  curl -s -X PUT ${provider}/v1/behaviour -H 'content-type: application/json' -d '{"latencyMs":50}'`,
        ]
      : []),
    'Show its state, and the reasons, in the terminal:',
    '  npm run orderpipeline -- top',
    `  npm run orderpipeline -- explain ${pipeline}`,
    `Edit ${file} and save: the change is applied. Logs are in ${state}/replicas. Ctrl-C ends it.`,
    '',
  ]
}
