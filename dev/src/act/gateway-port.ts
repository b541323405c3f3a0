// On which port is the gateway? On that of the option, else on the Service's own number. Where
// another process uses it, a message says so and another port is chosen.
import { CommandError } from '@orderpipeline/cli/embedding'
import type { Ports } from '@orderpipeline/cluster/supervised'
import { gatewayProxy } from './gateway-proxy.ts'
import type { GatewayProxy } from './gateway-proxy.ts'
import { answers, portHolder } from './port-holder.ts'

const usualPort = 30_080

export interface GatewayPortChoice {
  /** The user asked for this port on the command line: no other one takes its place. */
  readonly option: number | undefined
  readonly nodePort: number | undefined
}

/** @throws CommandError where the port of the option is in use */
export async function openGatewayProxy(
  { option, nodePort }: GatewayPortChoice,
  ports: Ports,
  targets: () => readonly number[],
  note: (text: string) => void,
): Promise<GatewayProxy> {
  const preferred = option ?? nodePort ?? usualPort
  try {
    if (await answers(preferred)) throw Object.assign(new Error('a program answers there'), { code: 'EADDRINUSE' })
    return await gatewayProxy(preferred, targets)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    const holder = (await portHolder(preferred)) ?? 'another program, such as the local cluster'
    if (option !== undefined)
      throw new CommandError(`--port: ${preferred} is in use by ${holder}.`, {
        advice: 'Choose another port, or end that program.',
        cause: error,
      })
    const proxy = await gatewayProxy(await ports.port('gateway'), targets)
    note(`port ${preferred} is in use by ${holder}, so the gateway is at ${proxy.port} (choose another with --port)`)
    return proxy
  }
}
