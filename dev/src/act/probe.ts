// Does a process answer its probe? One HTTP request to the port that the probe names, on a
// connection of its own.
import { request } from 'node:http'

export interface ProbeAnswer {
  readonly ok: boolean
}

/** As the container says it, and the port of this machine that stands for each of its names. */
export interface ProbePorts {
  readonly containerPorts: readonly { readonly name?: string; readonly containerPort: number }[]
  readonly portsByName: Readonly<Record<string, number>>
}

/**
 * `port`: a name or number of the container's. Without one that of metrics, or else of HTTP; 0,
 * which never answers, where there is none.
 */
export function probedPort(port: string | number | undefined, { containerPorts, portsByName }: ProbePorts): number {
  const name =
    typeof port === 'number' ? containerPorts.find(({ containerPort }) => containerPort === port)?.name : port
  if (port !== undefined) return portsByName[name ?? ''] ?? 0
  return portsByName['metrics'] ?? portsByName['http'] ?? 0
}

export function probe(port: number, path: string, timeoutMs: number): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const call = request({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      response.resume()
      const { statusCode = 0 } = response
      response.on('close', () => clearTimeout(timer))
      resolve({ ok: statusCode >= 200 && statusCode < 400 })
    })
    const timer = setTimeout(() => call.destroy(new Error('late')), timeoutMs)
    call.on('error', () => {
      clearTimeout(timer)
      resolve({ ok: false })
    })
    call.end()
  })
}
