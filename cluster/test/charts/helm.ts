// How does a test see what a chart makes? By the real Helm, as parsed objects.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import { run } from '../../src/process/run.ts'
import { ensureTool } from '../../src/tools/index.ts'

export const repository = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))
export const chart = (name: string): string => join(repository, 'charts', name)

export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Record<string, string>
    readonly annotations?: Record<string, string>
  }
  readonly spec?: Record<string, unknown>
  readonly rules?: readonly Rule[]
  readonly data?: unknown
}

export interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

export interface PodSpec {
  readonly serviceAccountName?: string
  readonly containers: readonly { readonly name: string; readonly args: readonly string[]; readonly env: readonly { readonly name: string; readonly value?: string }[] }[]
}

export async function helm(...args: string[]): Promise<string> {
  const { stdout } = await run(await ensureTool('helm'), args, { timeoutMs: 60_000 })
  return stdout
}

/** `values` are `--set` assignments; `path` is the chart's folder. */
export async function rendered(path: string, values: readonly string[] = [], flags: readonly string[] = []): Promise<KubeObject[]> {
  const text = await helm('template', 'trial', path, ...values.flatMap((value) => ['--set', value]), ...flags)
  return objectsOf(text)
}

export function objectsOf(text: string): KubeObject[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null)
}

export function only(objects: readonly KubeObject[], kind: string): KubeObject {
  const found = objects.filter((object) => object.kind === kind)
  const [first] = found
  if (!first || found.length > 1) throw new Error(`${found.length} objects of kind ${kind}`)
  return first
}

/** The pods that Deployments and Jobs would make. */
export function podsOf(objects: readonly KubeObject[]): { name: string; spec: PodSpec }[] {
  return objects.flatMap(({ metadata, spec }) => {
    const template = spec?.['template'] as { spec: PodSpec } | undefined
    return template ? [{ name: metadata.name, spec: template.spec }] : []
  })
}

/** order-platform as `helm dependency update` leaves it, with empty charts in the place of those that are downloaded. */
export async function platformWithStubs(): Promise<{ path: string; remove: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'charts-'))
  const path = join(directory, 'order-platform')
  await cp(chart('order-platform'), path, { recursive: true, dereference: true, filter: (source) => !source.endsWith('/charts/order-platform/charts') })
  for (const own of ['orderpipeline-operator', 'order-shop']) {
    await cp(chart(own), join(path, 'charts', own), { recursive: true, dereference: true })
  }
  const { dependencies } = parseAllDocuments(await readFile(join(path, 'Chart.yaml'), 'utf8'))[0]?.toJS() as {
    dependencies: { name: string; version: string; repository: string }[]
  }
  for (const { name, version, repository: source } of dependencies) {
    if (!source.startsWith('https:')) continue
    await mkdir(join(path, 'charts', name, 'templates'), { recursive: true })
    await writeFile(join(path, 'charts', name, 'Chart.yaml'), `apiVersion: v2\nname: ${name}\nversion: ${version}\n`)
    const stub = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: stub-of-${name} }\n`
    await writeFile(join(path, 'charts', name, 'templates', 'stub.yaml'), stub)
  }
  return { path, remove: () => rm(directory, { recursive: true }) }
}
