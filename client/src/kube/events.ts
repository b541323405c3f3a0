// How is it kept who did what? As an Event of the pipeline, posted by that person themselves, so
// that the API server's audit log says the same. And which Events have pipelines?
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { namespaceOf } from '@orderpipeline/operator/pipeline'
import { CommandError } from '../failure.ts'
import type { ApiServer } from './api-server.ts'
import { namespacePath } from './pipelines.ts'
import type { List } from './pipelines.ts'

/** The API server refuses longer ones. */
const longestNote = 1_024
const answerTimeoutMs = 10_000
const api = 'events.k8s.io/v1'

/** Why it could not be kept; undefined where it is, or where there are no Events. */
export async function recordEvent(
  kube: Pick<ApiServer, 'send'>,
  { apiVersion, kind, metadata }: OrderPipeline,
  { reason, note }: { readonly reason: string; readonly note: string },
): Promise<string | undefined> {
  const { name, uid } = metadata
  const namespace = namespaceOf({ metadata })
  const event = {
    apiVersion: api,
    kind: 'Event',
    metadata: { name: `${name}.${randomBytes(8).toString('hex')}`, namespace },
    eventTime: new Date().toISOString().replace('Z', '000Z'),
    reportingController: 'orderpipeline.dev/console',
    reportingInstance: hostname().slice(0, 128),
    action: 'Ask',
    type: 'Normal',
    reason,
    note: note.slice(0, longestNote),
    regarding: { apiVersion, kind, name, namespace, uid },
  }
  try {
    await kube.send('POST', `${namespacePath(api, namespace)}/events`, event, answerTimeoutMs)
    return undefined
  } catch (error) {
    if (error instanceof CommandError) return `No Event was recorded: ${error.message}`
    throw error
  }
}

/** An Event as `events.k8s.io/v1` has it; recorders of the older API leave `eventTime` out. */
export interface ListedEvent {
  readonly metadata: { readonly name: string; readonly creationTimestamp?: string }
  readonly eventTime?: string | null
  readonly deprecatedLastTimestamp?: string | null
  readonly series?: { readonly count: number; readonly lastObservedTime: string }
  readonly type?: string
  readonly reason?: string
  readonly note?: string
  readonly regarding: { readonly name: string; readonly uid?: string }
}

/** The API server keeps Events for an hour; a namespace with more shows some of them. */
const mostEvents = 500

/**
 * The Events of a namespace's pipelines, in no order; undefined where the cluster has no Events.
 * @throws CommandError
 */
export async function pipelineEvents(
  kube: Pick<ApiServer, 'get'>,
  namespace: string,
): Promise<readonly ListedEvent[] | undefined> {
  const query = `fieldSelector=${encodeURIComponent('regarding.kind=OrderPipeline')}&limit=${mostEvents}`
  return (await kube.get<List<ListedEvent>>(`${namespacePath(api, namespace)}/events?${query}`))?.items
}
