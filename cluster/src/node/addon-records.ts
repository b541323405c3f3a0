// Which add-ons run as pods in the local cluster, and what is each made of? One record each, next
// to its version (tools/versions.ts), its recipe (tools/recipes.ts) and its manifest
// (node/manifests/): images, steps of `up` and the wait for it follow from here. Pure.
import type { ToolName } from '../tools/recipes.ts'
import { versions } from '../tools/versions.ts'

export interface AddonRecord {
  /** The title in `up`. */
  readonly title: string
  /** The title in `up` of the step that builds its programs. */
  readonly toolTitle: string
  /** A file of manifests/, or 'keda': KEDA's own, rendered from its sources. */
  readonly manifests: `${string}.yaml` | 'keda'
  /** Tools that run in its pods, each in an image of its name; `entryPoint` is the path in it. */
  readonly programs: Readonly<Partial<Record<ToolName, { readonly version: string; readonly entryPoint: string }>>>
  /** It serves when these Deployments and aggregated APIs are Available. */
  readonly deployments: readonly string[]
  readonly apis: readonly string[]
  /** No pipeline is Ready without it. Others are built and started once a pipeline is Ready. */
  readonly neededForReady: boolean
  /** Its own published image, for a cluster of kind; absent where kind or a chart brings it. */
  readonly kindImage?: string
}

export const addons = {
  dns: {
    title: 'DNS',
    toolTitle: 'CoreDNS',
    manifests: 'coredns.yaml',
    programs: { coredns: { version: versions.coredns, entryPoint: '/coredns' } },
    deployments: ['coredns'],
    apis: [],
    neededForReady: true,
  },
  keda: {
    title: 'KEDA',
    toolTitle: 'KEDA',
    manifests: 'keda',
    // KEDA's manifests name these paths.
    programs: {
      'keda-operator': { version: versions.keda, entryPoint: '/keda' },
      'keda-metrics-apiserver': { version: versions.keda, entryPoint: '/keda-adapter' },
    },
    deployments: ['keda-operator', 'keda-metrics-apiserver'],
    apis: ['v1beta1.external.metrics.k8s.io'],
    neededForReady: true,
  },
  /** Serves CPU and memory figures to autoscalers and `kubectl top`. */
  'metrics-server': {
    title: 'metrics-server',
    toolTitle: 'metrics-server: program',
    manifests: 'metrics-server.yaml',
    programs: { 'metrics-server': { version: versions.metricsServer, entryPoint: '/metrics-server' } },
    deployments: ['metrics-server'],
    apis: ['v1beta1.metrics.k8s.io'],
    neededForReady: false,
    kindImage: `registry.k8s.io/metrics-server/metrics-server:v${versions.metricsServer}`,
  },
} as const satisfies Readonly<Record<string, AddonRecord>>

export type AddonName = keyof typeof addons
type ProgramsOf<T> = T extends { readonly programs: infer P } ? keyof P : never
/** A tool that runs in a pod. */
export type AddonProgram = ProgramsOf<(typeof addons)[AddonName]>

export const addonNames = Object.keys(addons) as AddonName[]
export function addonOf(name: AddonName): AddonRecord {
  return addons[name]
}
export function programsOf(name: AddonName): readonly AddonProgram[] {
  return Object.keys(addons[name].programs) as AddonProgram[]
}
export const addonPrograms: readonly AddonProgram[] = addonNames.flatMap(programsOf)

export function programOf(name: AddonProgram): { readonly version: string; readonly entryPoint: string } {
  const program = addonNames.map((each) => addonOf(each).programs[name]).find((each) => each !== undefined)
  if (!program) throw new Error(`no add-on has the program ${name}`)
  return program
}
