// Which processes are there at the moment? The gateway, the provider and the replicas of each
// stage, which start and stop.
import type { ShopStage } from '@orderpipeline/stage/testing'
import { freePort } from '@orderpipeline/cluster/supervised'
import { mainOf } from '@orderpipeline/test-support/environment'
import type { Environment } from '@orderpipeline/test-support/environment'
import { startProgram } from '@orderpipeline/test-support/program'
import type { Program } from '@orderpipeline/test-support/program'

export interface Replica {
  /** Service and number, such as payment-3. */
  readonly name: string
  readonly service: string
  readonly metricsUrl: string
  /** A replica that lives through the storm. */
  readonly lasting: boolean
  readonly program: Program
}

export interface ProcessGroup {
  readonly replicas: readonly Replica[]
  start(service: string, env: Environment, lasting: boolean): Promise<Replica>
  /**
   * Stops a replica of the stage that is not lasting, the oldest first. Does not wait for its end.
   */
  end(stage: ShopStage, nth: number, signal: 'SIGTERM' | 'SIGKILL'): void
  /** It is killed and starts again. */
  kill(service: string): void
  /** Stops all remaining processes, by SIGTERM. Resolves when they have ended. */
  stop(): Promise<void>
  /** Processes that ended without a signal from here, with their last output. */
  readonly deaths: readonly string[]
  /** Processes that were stopped and ended otherwise. */
  readonly unclean: readonly string[]
}

/** As in the images: what a container's limit of 192 MiB leaves to the heap. */
const nodeOptions = '--max-old-space-size=115 --max-semi-space-size=8'

/**
 * A process without its signal handlers yet has nothing in flight, and ends by the signal itself.
 */
const startingMs = 15_000

export function createProcessGroup(onOutput: (name: string, text: string) => void): ProcessGroup {
  const replicas: Replica[] = []
  const deaths: string[] = []
  const unclean: string[] = []
  const ending = new Set<Promise<void>>()
  const counts = new Map<string, number>()
  const startTimes = new Map<string, number>()

  const stopAndCheck = async (replica: Replica, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    const starting = performance.now() - (startTimes.get(replica.name) ?? 0) < startingMs
    const code = await replica.program.stop(signal)
    const allowedCodes = signal === 'SIGKILL' ? ['SIGKILL'] : starting ? [0, 'SIGTERM'] : [0]
    if (!allowedCodes.includes(code)) unclean.push(`${replica.name} ended with ${code} after ${signal}`)
  }
  const end = (replica: Replica, signal: 'SIGTERM' | 'SIGKILL'): void => {
    replicas.splice(replicas.indexOf(replica), 1)
    const exit = stopAndCheck(replica, signal).finally(() => ending.delete(exit))
    ending.add(exit)
  }
  return {
    replicas,
    deaths,
    unclean,
    start: async (service, env, lasting) => {
      const count = (counts.get(service) ?? 0) + 1
      counts.set(service, count)
      const name = `${service}-${count}`
      const port = await freePort()
      const all = { ...env, METRICS_PORT: String(port), NODE_OPTIONS: nodeOptions }
      const onDeath = ({ output }: Program): void => {
        deaths.push(`${name} ended without a signal: ${output.slice(-2_000)}`)
      }
      const program = startProgram(service, mainOf(service), all, onDeath, (text) => onOutput(name, text))
      const replica = { name, service, metricsUrl: `http://127.0.0.1:${port}/metrics`, lasting, program }
      replicas.push(replica)
      startTimes.set(name, performance.now())
      return replica
    },
    end: (stage, nth, signal) => {
      const replica = replicas.filter(({ service, lasting }) => service === stage && !lasting)[nth]
      if (replica) end(replica, signal)
    },
    kill: (service) => replicas.find((replica) => replica.service === service)?.program.kill(),
    stop: async () => {
      for (const replica of [...replicas]) end(replica, 'SIGTERM')
      await Promise.all(ending)
    },
  }
}
