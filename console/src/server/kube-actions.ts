// How are actions done on a cluster? With the rights of the person and nothing else: the API server
// says beforehand what they may, refuses what they may not, and keeps who did what as Events.
import { accessRefusal, CommandError, kafkaConfigOf, pipelinePath, recordEvent, selfName } from '@orderpipeline/client'
import type { ApiServer, KubeClient } from '@orderpipeline/client'
import { openDeadLetterTopic } from '@orderpipeline/client/kafka'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { namespaceOf } from '@orderpipeline/operator/pipeline'
import { every } from '@orderpipeline/retry'
import type { RightName } from '../model/actions.ts'
import { staffTokenHeader } from '../model/orders.ts'
import type { HoldDecision } from '../model/orders.ts'
import type { Actions, StaffAct } from './actions-port.ts'
import { customerRequests } from './customer-requests.ts'
import { staffOrderPath } from './gateway-path.ts'
import { machineAccess } from './right-accesses.ts'
import { kubeTryIt } from './try-it.ts'

const rightsEveryMs = 30_000
const orderTimeoutMs = 10_000

export type PersonalRights = Pick<Actions, 'person' | 'refusal'>

/**
 * The rights of the kubeconfig's user. `user`: who runs the console on this machine, for the
 * record.
 */
export function machineRights(kube: KubeClient, user: string | undefined): PersonalRights {
  const person = every(rightsEveryMs, async () => {
    const name = await selfName(kube)
    if (name === undefined) return user ?? 'unknown'
    return user === undefined ? name : `${name} (${user})`
  })
  const refusals = new Map<string, () => Promise<string | undefined>>()
  const refusal = (pipeline: OrderPipeline, right: RightName): Promise<string | undefined> => {
    const access = machineAccess(pipeline, right)
    if (access === undefined) return Promise.resolve(undefined)
    const key = JSON.stringify(access)
    const refusalReader = refusals.get(key) ?? every(rightsEveryMs, () => accessRefusal(kube, access))
    refusals.set(key, refusalReader)
    return refusalReader()
  }
  return { person, refusal }
}

export function kubeActions(kube: KubeClient, user: string | undefined): Actions {
  return {
    ...actionsWith(kube, machineRights(kube, user)),
    ...(kube.local ? { tryIt: kubeTryIt(kube) } : {}),
  }
}

export function actionsWith(kube: ApiServer, rights: PersonalRights): Actions {
  const requests = customerRequests(kube)
  return {
    ...rights,
    suspend: async (pipeline, suspend) => {
      const patchedPipeline = await kube.patch(pipelinePath(namespaceOf(pipeline), pipeline.metadata.name), {
        spec: { suspend },
      })
      if (patchedPipeline === undefined)
        throw new CommandError(`There is no pipeline ${pipeline.metadata.name} any more.`)
    },
    cancel: async (pipeline, order, staff) => {
      if (staff) return actAsStaff(kube, pipeline, order, 'cancel', staff)
      const path = await requests.orderPathOf(pipeline, order)
      const answer = await kube.send('DELETE', path, undefined, orderTimeoutMs)
      if (answer === undefined) throw noOrder(pipeline, order)
    },
    decideHold: (pipeline, order, { decision, ...staff }) => actAsStaff(kube, pipeline, order, decision, staff),
    letterBox: async (pipeline) => openDeadLetterTopic(await kafkaConfigOf(kube, pipeline), pipeline.metadata.name),
    record: (pipeline, event) => recordEvent(kube, pipeline, event),
  }
}

async function actAsStaff(
  kube: ApiServer,
  pipeline: OrderPipeline,
  order: string,
  act: HoldDecision | 'cancel',
  { reason, staffToken }: StaffAct,
): Promise<void> {
  const headers = { [staffTokenHeader]: staffToken }
  const answer = await kube.send('POST', staffOrderPath(pipeline, order, act), { reason }, orderTimeoutMs, headers)
  if (answer === undefined) throw noOrder(pipeline, order)
}

function noOrder(pipeline: OrderPipeline, order: string): CommandError {
  return new CommandError(`There is no order ${order} in ${pipeline.metadata.name}.`)
}
