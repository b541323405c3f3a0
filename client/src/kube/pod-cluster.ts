// How does a program in a pod reach the API server? With the pod's own account, whose token and
// certificates the kubelet renews; or with the token of the user who sent the request.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { apiServer } from './api-server.ts'
import type { ApiServer } from './api-server.ts'

export interface PodFiles {
  /** Such as https://10.96.0.1:443. */
  readonly server: string
  /** Holds the files `token` and `ca.crt`. */
  readonly folder: string
}

export interface PodCluster {
  readonly server: string
  /** With the pod's own account. */
  readonly own: ApiServer
  /** With this bearer token and nothing else. */
  as(token: string): ApiServer
}

/** The kubelet renews a token minutes before it expires. */
const renewedMs = 60_000

/** The address of the API server, as every pod has it in two variables. */
export function podServer(host: string, port: number): string {
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`
}

export function podCluster({ server, folder }: PodFiles, fieldManager: string): PodCluster {
  const text = (name: string) => renewed(renewedMs, () => readFile(join(folder, name), 'utf8'))
  const [certificates, ownToken] = [text('ca.crt'), text('token')]
  const reached = (token: () => Promise<string>): ApiServer =>
    apiServer({
      ...{ server: new URL(server), fieldManager },
      access: async () => ({
        ca: await certificates(),
        headers: { authorization: `Bearer ${(await token()).trim()}` },
      }),
    })
  return { server, own: reached(ownToken), as: (token) => reached(() => Promise.resolve(token)) }
}

function renewed(ms: number, read: () => Promise<string>): () => Promise<string> {
  let last: { readonly at: number; readonly value: Promise<string> } | undefined
  return () => {
    if (last && performance.now() - last.at < ms) return last.value
    const value = read()
    last = { at: performance.now(), value }
    value.catch(() => (last = undefined))
    return value
  }
}
