// How do the tests of the command line use the real API server? `apiServer` creates a namespace and
// sends plain HTTP requests. `run` executes a command in this process and returns its exit code and
// all of its output.
import { randomBytes } from 'node:crypto'
import { request } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import { kubeconfig } from '@orderpipeline/cluster/testing'
import { commands } from '../commands/index.ts'
import { program } from '../program.ts'

export interface ApiResponse {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

export interface ApiServer {
  /** Created for this test; no other test uses it. */
  readonly namespace: string
  /** Sends a request and resolves to any answer, also one with an error status. */
  ask(method: string, path: string, body?: unknown, contentType?: string): Promise<ApiResponse>
  /** As `ask`, but resolves to the body, and rejects if the status is 300 or higher. */
  must(method: string, path: string, body?: unknown, contentType?: string): Promise<ApiResponse['body']>
}

export async function apiServer(): Promise<ApiServer> {
  const config = new KubeConfig()
  config.loadFromFile(kubeconfig())
  const server = config.getCurrentCluster()?.server ?? ''
  const options = {}
  await config.applyToHTTPSOptions(options)
  const ask: ApiServer['ask'] = (method, path, body, contentType = 'application/json') =>
    new Promise((resolve, reject) => {
      const headers = { accept: 'application/json', 'content-type': contentType }
      const call = request(new URL(path, server), { ...options, method, headers, timeout: 30_000 }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as ApiResponse['body'] }),
        )
      })
      call.on('timeout', () => call.destroy(new Error(`no answer to ${method} ${path}`)))
      call.on('error', reject)
      call.end(body === undefined ? undefined : JSON.stringify(body))
    })
  const must: ApiServer['must'] = async (method, path, body, contentType) => {
    const answer = await ask(method, path, body, contentType)
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const namespace = `cli-${randomBytes(4).toString('hex')}`
  await must('POST', '/api/v1/namespaces', { metadata: { name: namespace } })
  return { namespace, ask, must }
}

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export async function run(
  args: readonly string[],
  options: {
    readonly kubeconfig?: string
    readonly kafkaVariables?: Readonly<Record<string, string>>
    readonly signal?: AbortSignal
    /** Called after each write to stdout, with all of stdout so far. */
    readonly said?: (text: string) => void
  } = {},
): Promise<Ran> {
  let stdout = ''
  let stderr = ''
  const environment = {
    stdout: {
      write: (text: string) => {
        stdout += text
        options.said?.(stdout)
      },
    },
    stderr: { write: (text: string) => (stderr += text) },
    colour: false,
    kubeconfig: options.kubeconfig ?? kubeconfig(),
    kubeconfigCandidates: [],
    kafkaVariables: options.kafkaVariables ?? {},
    user: 'ada@desk',
  }
  const code = await program(commands, environment, options.signal ?? new AbortController().signal).run(args)
  return { code, stdout, stderr }
}
