// What can a user do with a running pipeline? The commands to type next, with the addresses that it
// has here. Pure.
export interface Summary {
  readonly pipeline: string
  readonly file: string
  readonly gateway: string | undefined
  /** Where it is seen in a browser. */
  readonly console: string | undefined
  readonly provider: string | undefined
  readonly notes: readonly string[]
  readonly notRun: readonly string[]
  readonly state: string
}

export function nextSteps(
  { pipeline, file, gateway, console, provider, notes, notRun, state }: Summary,
  tookMs: number,
): string[] {
  const order = `'{"customerId":"c-1","items":[{"sku":"SKU-0001","quantity":1}]}'`
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
          `  curl -s ${gateway}/v1/orders -H 'content-type: application/json' -d ${order}`,
          `  curl -s ${gateway}/v1/orders/<orderId of the answer>`,
          'Place a burst of orders, and follow each until it has ended:',
          '  npm run load -- --burst 2000 --wait',
        ]
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
