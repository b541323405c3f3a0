// How does a test hold a pipeline that runs by `orderpipeline dev`? As a user does: the command in
// a process of its own with a state directory of the test's, its addresses from what it records,
// and its objects by the local API.
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, chmod, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { connect } from '@orderpipeline/cli'
import type { KubeClient } from '@orderpipeline/cli'
import { runningDevRuntimes } from '@orderpipeline/cluster/dev-runtimes'
import type { DevRuntime } from '@orderpipeline/cluster/dev-runtimes'
import type { OrderPipeline } from '@orderpipeline/operator/api'

const commandLine = join(import.meta.dirname, '../../../cli/src/main.ts')
const namespace = '/namespaces/default'

export interface DevPod {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> }
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
    readonly containerStatuses?: readonly { readonly restartCount: number }[]
  }
}

export interface Workspace {
  readonly dir: string
  readonly file: string
  readonly env: NodeJS.ProcessEnv
  write(yaml: string): Promise<void>
  remove(): Promise<void>
}

export async function workspace(yaml: string): Promise<Workspace> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'orderpipeline-dev-test-')))
  await chmod(dir, 0o711) // PostgreSQL's own user must be able to pass
  const file = join(dir, 'shop.yaml')
  const write = (text: string): Promise<void> => writeFile(file, text)
  await write(yaml)
  return {
    ...{ dir, file, write },
    env: { ...process.env, XDG_STATE_HOME: join(dir, 'state'), KUBECONFIG: '' },
    remove: () => rm(dir, { recursive: true, force: true, maxRetries: 5 }),
  }
}

export class RunningDev {
  readonly #child: ChildProcess
  readonly #workspace: Workspace
  readonly #terminal: boolean
  #output = ''
  #exit: number | undefined

  /** `terminal`: its output is one, by the `script` of every Linux; Ctrl-C goes through it. */
  constructor(space: Workspace, args: readonly string[] = [], { terminal = false } = {}) {
    this.#workspace = space
    this.#terminal = terminal
    const call = [process.execPath, commandLine, 'dev', '-f', space.file, ...args]
    const [program = '', ...rest] = terminal ? ['script', '-qefc', `exec ${quoted(call)}`, '/dev/null'] : call
    this.#child = spawn(program, rest, {
      cwd: space.dir,
      env: space.env,
      stdio: [terminal ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    })
    const take = (text: string): void => void (this.#output += text)
    this.#child.stdout?.setEncoding('utf8').on('data', take)
    this.#child.stderr?.setEncoding('utf8').on('data', take)
    this.#child.on('exit', (code, signal) => (this.#exit = code ?? (signal === null ? 1 : 128)))
  }

  get output(): string {
    return this.#output
  }
  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Until it says so; @throws with all it has said when it ends before, or is late. */
  async says(text: string | RegExp, seconds = 240): Promise<void> {
    const there = (): boolean => (typeof text === 'string' ? this.#output.includes(text) : text.test(this.#output))
    await eventually(`it says ${String(text)}`, seconds, () => {
      if (there()) return true
      if (this.#exit !== undefined) throw new Error(`it ended with ${this.#exit}:\n${this.#output}`)
      return undefined
    }).catch((error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${this.#output}`, { cause: error })
    })
  }

  get record(): DevRuntime {
    const [runtime] = runningDevRuntimes(this.#workspace.env, this.#workspace.dir)
    if (runtime) return runtime
    throw new Error(`nothing runs:\n${this.#output}`)
  }
  get gateway(): string {
    return this.record.gateway ?? ''
  }

  async kube(): Promise<KubeClient> {
    const nowhere = { write: () => undefined }
    const environment = { stdout: nowhere, stderr: nowhere, colour: false, kubeconfigCandidates: [] }
    return await connect({ ...environment, kubeconfig: this.record.kubeconfig })
  }

  async pipeline(): Promise<OrderPipeline> {
    const kube = await this.kube()
    const livePipeline = await kube.get<OrderPipeline>(
      `/apis/orderpipeline.dev/v1alpha1${namespace}/orderpipelines/shop`,
    )
    if (livePipeline) return livePipeline
    throw new Error('there is no pipeline')
  }

  async pods(stage: string): Promise<readonly DevPod[]> {
    const kube = await this.kube()
    const selector = encodeURIComponent(`orderpipeline.dev/stage=${stage}`)
    return (
      (await kube.get<{ items: readonly DevPod[] }>(`/api/v1${namespace}/pods?labelSelector=${selector}`))?.items ?? []
    )
  }

  async readyPods(stage: string): Promise<number> {
    const ready = ({ status }: DevPod): boolean =>
      status?.conditions?.some(({ type, status: truth }) => type === 'Ready' && truth === 'True') ?? false
    return (await this.pods(stage)).filter(ready).length
  }

  /** The text of a Secret's key. */
  async secret(name: string, key: string): Promise<string> {
    const kube = await this.kube()
    const secret = await kube.get<{ data: Record<string, string> }>(`/api/v1${namespace}/secrets/${name}`)
    return Buffer.from(secret?.data[key] ?? '', 'base64').toString()
  }

  /** Where a Service of the pipeline is on this machine, such as the payment provider. */
  async address(service: string): Promise<string> {
    const kube = await this.kube()
    const selector = encodeURIComponent(`kubernetes.io/service-name=${service}`)
    const path = `/apis/discovery.k8s.io/v1${namespace}/endpointslices?labelSelector=${selector}`
    const slices = await kube.get<{ items: readonly { readonly ports: readonly { readonly port: number }[] }[] }>(path)
    return `127.0.0.1:${slices?.items[0]?.ports[0]?.port}`
  }

  async providerTakes(latencyMs: number): Promise<void> {
    const answer = await fetch(`http://${await this.address('payment-provider')}/v1/behaviour`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ latencyMs, jitterMs: 0 }),
      signal: AbortSignal.timeout(10_000),
    })
    if (!answer.ok) throw new Error(`the provider answered ${answer.status}`)
  }

  /**
   * What `orderpipeline` prints with these arguments, in the directory of the file. @throws where
   * it fails
   */
  async command(...args: readonly string[]): Promise<string> {
    const { dir, env } = this.#workspace
    const options = { cwd: dir, env: { ...env, ORDERPIPELINE_CLUSTER: 'local' }, timeout: 60_000 }
    return (await promisify(execFile)(process.execPath, [commandLine, ...args], options)).stdout
  }

  /** SIGINT, as Ctrl-C; resolves with the exit code. */
  async interrupt(): Promise<number> {
    if (this.#terminal) this.#child.stdin?.write('\x03')
    else this.#child.kill('SIGINT')
    await this.ended()
    return this.#exit ?? -1
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async ended(): Promise<void> {
    await eventually('it has ended', 120, () => (this.#exit === undefined ? undefined : true))
  }
}

function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
}

/** Tries until there is an answer; @throws when there is none in time. */
export async function eventually<T>(
  what: string,
  seconds: number,
  ask: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const until = performance.now() + seconds * 1_000
  let last: unknown
  for (;;) {
    const answer = await Promise.resolve()
      .then(ask)
      .catch((error: unknown) => {
        last = error
        if (error instanceof Error && /it ended with/.test(error.message)) throw error
        return undefined
      })
    if (answer !== undefined) return answer
    if (performance.now() > until) throw new Error(`not so within ${seconds} s: ${what}`, { cause: last })
    await sleep(250)
  }
}
