// How is it kept who did what? As an Event of the pipeline, posted by that person themselves, so
// that the API server's audit log says the same.
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { namespaceOf } from '@orderpipeline/operator/pipeline'
import { CommandError } from '../failure.ts'
import type { ApiServer } from './api-server.ts'
import { namespacePath } from './pipelines.ts'

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
