// How are actions done on a cluster? With the user's own kubeconfig and nothing else: the API
// server says beforehand what they may, refuses what they may not, and keeps who did what as
// Events.
import {
  accessRefusal,
  CommandFailed,
  kafkaConfigOf,
  pipelinePath,
  recordEvent,
  selfName,
  type Access,
  type Kube,
} from '@orderpipeline/client'
import { openLetterBox } from '@orderpipeline/client/kafka'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { namespaceOf } from '@orderpipeline/operator/pipeline'
import type { RightName } from '../model/actions.ts'
import type { Actions } from './actions-port.ts'
import { every } from './every.ts'
import { gatewayService, orderPath } from './gateway-path.ts'
import { kubeTryIt } from './try-it.ts'

const rightsEveryMs = 30_000
const orderTimeoutMs = 10_000
const group = 'orderpipeline.dev'

/** `user`: who runs the console on this machine, for the record. */
export function kubeActions(kube: Kube, user: string | undefined): Actions {
  const person = every(rightsEveryMs, async () => {
    const name = await selfName(kube)
    if (name === undefined) return user ?? 'unknown'
    return user === undefined ? name : `${name} (${user})`
  })
  const refusals = new Map<string, () => Promise<string | undefined>>()
  const refusal = (pipeline: OrderPipeline, right: RightName): Promise<string | undefined> => {
    const access = accessFor(pipeline, right)
    const key = JSON.stringify(access)
    const refusalReader = refusals.get(key) ?? every(rightsEveryMs, () => accessRefusal(kube, access))
    refusals.set(key, refusalReader)
    return refusalReader()
  }
  return {
    person,
    refusal,
    suspend: async (pipeline, suspend) => {
      const patchedPipeline = await kube.patch(pipelinePath(namespaceOf(pipeline), pipeline.metadata.name), {
        spec: { suspend },
      })
      if (patchedPipeline === undefined)
        throw new CommandFailed(`There is no pipeline ${pipeline.metadata.name} any more.`)
    },
    cancel: async (pipeline, order) => {
      const answer = await kube.send('DELETE', orderPath(pipeline, order), undefined, orderTimeoutMs)
      if (answer === undefined) throw new CommandFailed(`There is no order ${order} in ${pipeline.metadata.name}.`)
    },
    letterBox: async (pipeline) => openLetterBox(await kafkaConfigOf(kube, pipeline), pipeline.metadata.name),
    record: (pipeline, event) => recordEvent(kube, pipeline, event),
    ...(kube.local ? { tryIt: kubeTryIt(kube) } : {}),
  }
}

/** The names that a ClusterRole gives or withholds; `deadletters` is no object that is stored. */
function accessFor(pipeline: OrderPipeline, right: RightName): Access {
  const { name } = pipeline.metadata
  const namespace = namespaceOf(pipeline)
  switch (right) {
    case 'suspend':
      return { namespace, verb: 'patch', group, resource: 'orderpipelines', name }
    case 'replay':
      return { namespace, verb: 'create', group, resource: 'orderpipelines', subresource: 'deadletters', name }
    case 'discard':
      return { namespace, verb: 'delete', group, resource: 'orderpipelines', subresource: 'deadletters', name }
    case 'cancel':
      return {
        namespace,
        verb: 'delete',
        group: '',
        resource: 'services',
        subresource: 'proxy',
        name: gatewayService(pipeline),
      }
    case 'try':
      return {
        namespace,
        verb: 'create',
        group: '',
        resource: 'services',
        subresource: 'proxy',
        name: gatewayService(pipeline),
      }
  }
}
