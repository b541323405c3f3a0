// What is the live state? The pipeline and its children from the informers' caches; no request is
// made.
import { childResources, orderPipelines } from '../api/index.ts'
import type { ChildKind, ChildObject, KubeObject, OrderPipeline, Resource } from '../api/index.ts'
import type { Kube } from '../kube/port.ts'
import type { Change } from '../kube/object-store.ts'
import { usualWatchSettings, createInformer } from '../kube/informer.ts'
import type { Informer, WatchReports, WatchSettings } from '../kube/informer.ts'
import { labelKeys, managedBy } from '../pipeline/index.ts'
import type { Absence } from '../pipeline/index.ts'

export interface Informers {
  readonly pipelines: Informer
  readonly children: readonly Informer[]
  readonly synced: () => boolean
  /** Kinds of children that are not served, or that the operator may not list. */
  readonly absent: () => ReadonlyMap<Resource, Absence>
  /** Takes note of what the API server answered to our own write, before any watch delivers it. */
  readonly recordWrite: (object: KubeObject) => void
  /** Has the children of this pipeline take less memory until one of them changes. */
  readonly pack: (key: string) => void
  run(signal: AbortSignal): Promise<void>
}

export interface Observed {
  readonly pipeline: OrderPipeline | undefined
  readonly children: readonly ChildObject[]
}

export function observe(informers: Informers, key: string): Observed {
  return {
    pipeline: informers.pipelines.store.get(key) as OrderPipeline | undefined,
    children: informers.children.flatMap(({ store }) => store.ofPipeline(key) as readonly ChildObject[]),
  }
}

export function ofKind(informers: Pick<Informers, 'children'>, kind: ChildKind, key: string): readonly ChildObject[] {
  return (informers.children.find(({ resource }) => resource.kind === kind)?.store.ofPipeline(key) ??
    []) as readonly ChildObject[]
}

export interface InformerSettings {
  readonly namespace: string | undefined
  readonly watch?: WatchSettings
}

/**
 * Children are watched by our label only: memory grows with our objects, not with those of the
 * cluster.
 */
export function informersOf(
  kube: Kube,
  reports: {
    readonly pipeline: (change: Change) => void
    readonly child: (change: Change) => void
  } & Omit<WatchReports, 'changed'>,
  clock: { readonly now: () => number; readonly random: () => number },
  { namespace, watch = usualWatchSettings }: InformerSettings,
): Informers {
  const where = namespace === undefined ? {} : { namespace }
  const ours = { ...where, labelSelector: `${labelKeys.managedBy}=${managedBy},${labelKeys.pipeline}` }
  const { pipeline, child, ...common } = reports
  const pipelines = createInformer(kube, orderPipelines, where, { changed: pipeline, ...common }, clock, watch)
  const children = childResources.map((resource) =>
    createInformer(kube, resource, ours, { changed: child, ...common }, clock, watch, true),
  )
  const all = [pipelines, ...children]
  return {
    pipelines,
    children,
    absent: () =>
      new Map(
        children.flatMap((one) => {
          const absence = one.absence()
          return absence ? [[one.resource, absence] as const] : []
        }),
      ),
    synced: () => all.every((one) => one.synced()),
    recordWrite: (object) => all.find(({ resource }) => resource.kind === object.kind)?.recordWrite(object),
    pack: (key) => {
      for (const { store } of children) store.pack(key)
    },
    run: async (signal) => {
      await Promise.all(all.map((one) => one.run(signal)))
    },
  }
}
