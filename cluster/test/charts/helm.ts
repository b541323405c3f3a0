// How does a test see what a chart renders? By the real Helm, as parsed objects.
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, parseAllDocuments } from 'yaml'
import { run } from '../../src/process/run.ts'
import { ensureTool } from '../../src/tools/index.ts'
import type { ToolName } from '../../src/tools/index.ts'
import { serveCharts } from './chart-sources.ts'
import type { Dependency } from './chart-sources.ts'

export const repository = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))
export function chart(name: string): string {
  return join(repository, 'charts', name)
}

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

export interface Container {
  readonly name: string
  readonly args: readonly string[]
  readonly env: readonly { readonly name: string; readonly value?: string }[]
}

export interface PodSpec {
  readonly serviceAccountName?: string
  readonly imagePullSecrets?: readonly unknown[]
  readonly volumes?: readonly unknown[]
  readonly initContainers?: readonly Container[]
  readonly containers: readonly Container[]
}

export type HelmTool = Extract<ToolName, 'helm' | 'helm3'>

export async function helm(...args: string[]): Promise<string> {
  const { stdout } = await run(await ensureTool('helm'), args, { timeoutMs: 60_000 })
  return stdout
}

/**
 * Where images are, and who may call a gateway, have no default, so each chart is rendered with
 * these, unless a test says otherwise.
 */
const requiredValues: Record<string, readonly string[]> = {
  'orderpipeline-operator': [
    'image.repository=orderpipeline/operator',
    'servicesImage.repository=orderpipeline/services',
  ],
  'order-shop': ['image.repository=orderpipeline/services', 'authentication.mode=none'],
}
requiredValues['order-platform'] = Object.entries(requiredValues).flatMap(([name, values]) =>
  values.map((value) => `${name}.${value}`),
)

export function neededValues(path: string): string[] {
  return (requiredValues[basename(path)] ?? []).flatMap((value) => ['--set', value])
}

/** `values` are `--set` assignments; `path` is the chart's folder. */
export async function rendered(
  path: string,
  values: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<KubeObject[]> {
  const text = await helm(
    'template',
    'trial',
    path,
    ...neededValues(path),
    ...values.flatMap((value) => ['--set', value]),
    ...flags,
  )
  return objectsOf(text)
}

export function objectsOf(text: string): KubeObject[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null)
}

/** Without the hooks of an uninstallation. */
export function installed(objects: readonly KubeObject[]): KubeObject[] {
  return objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] !== 'post-delete')
}

export function only(objects: readonly KubeObject[], kind: string): KubeObject {
  const matches = objects.filter((object) => object.kind === kind)
  const [first] = matches
  if (!first || matches.length > 1) throw new Error(`${matches.length} objects of kind ${kind}`)
  return first
}

/** The pods that Deployments, Jobs and StatefulSets would make, with the claims of the latter. */
export function podsOf(objects: readonly KubeObject[]): { name: string; spec: PodSpec }[] {
  return objects.flatMap(({ metadata, spec }) => {
    const template = spec?.['template'] as { spec?: PodSpec } | undefined
    if (!template?.spec) return [] // an OrderPipeline has a template too, of no pod
    const claims = (spec?.['volumeClaimTemplates'] ?? []) as { metadata: { name: string } }[]
    const volumes = claims.map(({ metadata: { name } }) => ({
      name,
      persistentVolumeClaim: { claimName: `${name}-0` },
    }))
    return [
      {
        name: metadata.name,
        spec:
          claims.length === 0
            ? template.spec
            : { ...template.spec, volumes: [...(template.spec.volumes ?? []), ...volumes] },
      },
    ]
  })
}

export interface Platform {
  /**
   * A copy of order-platform next to its own charts, with its dependencies as archives in charts/.
   */
  readonly path: string
  /** The requests to the sources of the dependencies. */
  readonly requests: readonly string[]
  readonly remove: () => Promise<void>
}

/** order-platform after a real `helm dependency <how>`, by that version of Helm. */
export async function platformWithDependencies(
  tool: HelmTool = 'helm',
  how: 'update' | 'build' = 'update',
): Promise<Platform> {
  const directory = await mkdtemp(join(tmpdir(), 'charts-'))
  const charts = join(directory, 'charts')
  await cp(join(repository, 'charts'), charts, {
    recursive: true,
    dereference: true,
    filter: (source) => !/\/charts\/[^/]+\/charts$/.test(source),
  })
  const path = join(charts, 'order-platform')
  const { dependencies } = parse(await readFile(join(path, 'Chart.yaml'), 'utf8')) as { dependencies: Dependency[] }
  const command = await ensureTool(tool)
  const sources = await serveCharts(command, dependencies, await mkdtemp(join(directory, 'sources-')))
  try {
    const env = { ...process.env, ...sources.env }
    const plain = dependencies
      .map((dependency) => dependency.repository)
      .filter((source) => source.startsWith('https:'))
    // As its documentation describes: `build` needs the repositories added before.
    if (how === 'build')
      for (const source of plain) await run(command, ['repo', 'add', 'added', source], { env, timeoutMs: 60_000 })
    await run(command, ['dependency', how, path], { env, timeoutMs: 60_000 })
  } finally {
    await sources.close()
  }
  return { path, requests: sources.requests, remove: () => rm(directory, { recursive: true }) }
}
