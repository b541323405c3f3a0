// How does the console receive actions? By POST from a person who may act; the rights, the messages
// of dead letters, and the progress of replays, are read in the same place.
import type { IncomingMessage } from 'node:http'
import { CommandError } from '@orderpipeline/client'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { actionRights, readRights } from '../model/actions.ts'
import type { Rights } from '../model/actions.ts'
import { ForbiddenError, performer } from './actions.ts'
import type { Actions } from './actions-port.ts'
import { decoded, problem, statusOf } from './answer.ts'
import type { HttpAnswer } from './answer.ts'
import { InvalidRequestError, jsonBody } from './request-bodies.ts'
import { deadLetterReader } from './dead-letter-details.ts'
import type { Observers } from './observers.ts'
import { ReplayRuns } from './replay-runs.ts'
import type { Visitor } from './visitor.ts'

export interface ActionsApi {
  /** undefined where the path is none of these. The visitor may see the pipeline of the path. */
  answer(request: IncomingMessage, url: URL, visitor: Visitor): Promise<HttpAnswer | undefined>
  close(): Promise<void>
}

const roots = ['actions', 'replays', 'try', 'letters']

/** `forget`: the dead letters of a pipeline have changed. */
export function actionsApi(observers: Pick<Observers, 'pipeline'>, forget: (pipeline: string) => void): ActionsApi {
  const runs = new ReplayRuns()
  const details = deadLetterReader()
  const read = async (root: string, pipeline: OrderPipeline, visitor: Acting, query: URLSearchParams) => {
    const performing = performer(visitor.actions, forget, runs)
    if (root === 'letters') return details(pipeline, visitor, query)
    if (root === 'try') return performing.trying(pipeline)
    if (root === 'actions') return rightsOf(pipeline, visitor)
    const refusal = await visitor.readRefusal(pipeline, 'letters')
    if (refusal !== undefined) throw new ForbiddenError(refusal)
    return performing.runs(pipeline)
  }
  const respond = async (
    request: IncomingMessage,
    { root, action, query }: Parts,
    pipeline: OrderPipeline,
    visitor: Acting,
  ): Promise<HttpAnswer> => {
    try {
      if (request.method !== 'POST')
        return action === undefined ? { status: 200, body: await read(root, pipeline, visitor, query) } : noAddress
      if (visitor.actRefusal !== undefined) return problem(403, visitor.actRefusal)
      if (action === undefined || root !== 'actions') return noAddress
      const outcome = performer(visitor.actions, forget, runs).perform(action, pipeline, await jsonBody(request))
      return outcome === undefined ? noAddress : { status: 200, body: await outcome }
    } catch (error) {
      return refusalFor(error)
    }
  }
  return {
    answer: async (request, { pathname, searchParams: query }, visitor) => {
      const parts = pathname.split('/').filter(Boolean).map(decoded)
      const [api, root = '', namespace = '', name = '', action, ...more] = parts
      if (api !== 'api' || !roots.includes(root) || visitor.actions === undefined) return undefined
      const pipeline = observers.pipeline(`${namespace}/${name}`)
      if (!pipeline || more.length > 0) return problem(404, `There is no pipeline ${namespace}/${name} here.`)
      return respond(request, { root, action, query }, pipeline, { ...visitor, actions: visitor.actions })
    },
    close: () => runs.close(),
  }
}

type Acting = Visitor & { readonly actions: Actions }

async function rightsOf(pipeline: OrderPipeline, visitor: Acting): Promise<Rights> {
  const { actions, actRefusal, isReviewed } = visitor
  const refusals = await Promise.all([
    ...actionRights.map(async (right) => [right, actRefusal ?? (await actions.refusal(pipeline, right))] as const),
    ...readRights.map(async (right) => [right, await visitor.readRefusal(pipeline, right)] as const),
  ])
  const refused = Object.fromEntries(refusals.filter(([, why]) => why !== undefined))
  // Without the key of a console on this machine it is not known who reads.
  return actRefusal !== undefined && !isReviewed ? { refused } : { by: await actions.person(), refused }
}

interface Parts {
  readonly root: string
  readonly action: string | undefined
  readonly query: URLSearchParams
}

const noAddress = problem(404, 'There is no such address.')

function refusalFor(error: unknown): HttpAnswer {
  if (error instanceof InvalidRequestError) return problem(400, error.message)
  if (error instanceof ForbiddenError) return problem(403, error.message)
  if (error instanceof CommandError)
    return problem(statusOf(error), [error.message, error.advice].filter(Boolean).join('\n'))
  throw error
}
