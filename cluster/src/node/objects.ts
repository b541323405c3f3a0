// How are manifests read and changed without knowing every kind? As plain objects with the few
// fields that are read. Pure.
import { parseAllDocuments } from 'yaml'

export interface Container {
  name: string
  image?: string
  imagePullPolicy?: string
  args?: string[]
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> }
  readinessProbe?: Record<string, unknown>
  livenessProbe?: Record<string, unknown>
  [field: string]: unknown
}

export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; [field: string]: unknown }
  spec?: { template?: { spec?: { containers: Container[] } }; [field: string]: unknown }
  status?: { conditions?: { type: string; status: string; message?: string }[] }
}

export function objectsOf(yaml: string): KubeObject[] {
  return parseAllDocuments(yaml)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null)
}

export function containersOf(object: KubeObject): Container[] {
  return object.spec?.template?.spec?.containers ?? []
}

/** A list that `kubectl apply -f -` takes. */
export function listOf(objects: readonly KubeObject[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
}
