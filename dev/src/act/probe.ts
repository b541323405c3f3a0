// Does a process answer its probe? One HTTP request to its metrics port, or to its HTTP port where
// it has no metrics, on a connection of its own.
import { request } from 'node:http'

export interface ProbeAnswer {
  readonly ok: boolean
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
