// What is the end state of a pipeline, in a form in which two runs can be compared? Everything that
// the operator decides, its ownership of fields included, without what differs in every run: uids,
// versions, times, addresses, and the status of children.
import { childResources, orderPipelines } from '../src/api/index.ts'
import type { KubeObject } from '../src/api/index.ts'
import { fieldManager, fingerprintAnnotation, labelKeys, managedBy, versionAnnotations } from '../src/pipeline/index.ts'
import { children } from './test-environment.ts'
import type { TestEnvironment } from './test-environment.ts'

/**
 * A look is a dozen lists, and many wait at once: looking more often would slow down what is looked
 * at.
 */
export const everyLook = { everyMs: 300 } as const

export async function endState(on: TestEnvironment): Promise<unknown[]> {
  const pipelines = (await on.kube.list(orderPipelines, { namespace: on.namespace })) as KubeObject[]
  const uids = pipelines.map(({ metadata }) => metadata.uid ?? '')
  const rank = ({ kind }: KubeObject): number => childResources.findIndex((resource) => resource.kind === kind)
  const all = [...pipelines, ...(await children(on))].sort(
    (a, b) => rank(a) - rank(b) || (a.metadata.name < b.metadata.name ? -1 : 1),
  )
  return all.map((object) => {
    let text = JSON.stringify(comparable(object)).replaceAll(on.namespace, 'the-namespace')
    for (const uid of uids) text = text.replaceAll(uid, 'the-pipeline')
    return JSON.parse(text) as unknown
  })
}

interface Managed {
  readonly manager: string
  readonly time: string
}

function comparable({ metadata, status, ...object }: KubeObject): unknown {
  const {
    uid: _uid,
    resourceVersion: _version,
    creationTimestamp: _created,
    ...rest
  } = metadata as KubeObject['metadata'] & {
    readonly managedFields?: readonly Managed[]
  }
  const managedFields = rest.managedFields
    ?.filter(({ manager }) => manager === fieldManager)
    .map(({ time: _time, ...entry }) => entry)
  const isChild = metadata.labels?.[labelKeys.managedBy] === managedBy
  return withoutAddresses({
    ...object,
    metadata: { ...rest, managedFields },
    ...(isChild ? {} : { status: withoutTimes(status) }),
  })
}

function drop(names: readonly string[]) {
  return (value: unknown) =>
    JSON.parse(
      JSON.stringify(value, (name, part: unknown) => (names.includes(name) ? undefined : part)) ?? 'null',
    ) as unknown
}
const withoutTimes = drop(['lastTransitionTime'])
/** Fingerprint and version are computed from the desired object, uid and namespace included. */
const withoutAddresses = drop([
  ...['clusterIP', 'clusterIPs', 'nodePort'],
  ...[fingerprintAnnotation, versionAnnotations.asked],
])
