// How does the console receive actions? By POST with its key; the rights, and the progress of
// replays, are read in the same place.
import type { IncomingMessage } from 'node:http'
import { CommandFailed } from '@orderpipeline/client'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { rightNames, type Rights } from '../model/actions.ts'
import { hasKey, newKey } from './access.ts'
import { Forbidden, performer } from './actions.ts'
import type { Actions } from './actions-port.ts'
import { decoded, problem, statusOf, type Answer } from './answer.ts'
import { AskedWrongly, jsonBody } from './asked.ts'
import type { Observer } from './observer.ts'

export interface ActionsApi {
  readonly key: string
  /** Whether this path is one of an action. */
  isAction(path: string): boolean
  /** undefined where the path is none of these. */
  answer(request: IncomingMessage, path: string): Promise<Answer | undefined>
  close(): Promise<void>
}

const withoutKey =
  'The key of this console is needed: open the address that it printed in the terminal when it started.'
const nothingAllowed: Rights = { refused: Object.fromEntries(rightNames.map((right) => [right, withoutKey])) }
const roots = ['actions', 'replays', 'try']

export function actionsApi(
  actions: Actions,
  observer: Pick<Observer, 'pipeline'>,
  forget: (pipeline: string) => void,
): ActionsApi {
  const key = newKey()
  const performing = performer(actions, forget)

  const read = async (root: string, pipeline: OrderPipeline, mayAct: boolean): Promise<object> => {
    if (root === 'replays') return performing.runs(pipeline)
    if (root === 'try') return performing.trying(pipeline)
    return mayAct ? await performing.rights(pipeline) : nothingAllowed
  }

  const respond = async (request: IncomingMessage, parts: Parts, pipeline: OrderPipeline): Promise<Answer> => {
    const { root, action } = parts
    const mayAct = hasKey(request.headers, key)
    try {
      if (request.method !== 'POST')
        return action === undefined ? { status: 200, body: await read(root, pipeline, mayAct) } : noAddress
      if (!mayAct) return problem(403, withoutKey)
      const outcome = action === undefined ? undefined : performing.perform(action, pipeline, await jsonBody(request))
      return outcome === undefined ? noAddress : { status: 200, body: await outcome }
    } catch (error) {
      return refusalFor(error)
    }
  }

  return {
    key,
    isAction: (path) => path.startsWith('/api/actions/'),
    answer: async (request, path) => {
      const [api, root = '', namespace = '', name = '', action, ...more] = path.split('/').filter(Boolean).map(decoded)
      if (api !== 'api' || !roots.includes(root)) return undefined
      const pipeline = observer.pipeline(`${namespace}/${name}`)
      if (!pipeline || more.length > 0) return problem(404, `There is no pipeline ${namespace}/${name} here.`)
      return respond(request, { root, action }, pipeline)
    },
    close: () => performing.close(),
  }
}

interface Parts {
  readonly root: string
  readonly action: string | undefined
}

const noAddress = problem(404, 'There is no such address.')

function refusalFor(error: unknown): Answer {
  if (error instanceof AskedWrongly) return problem(400, error.message)
  if (error instanceof Forbidden) return problem(403, error.message)
  if (error instanceof CommandFailed)
    return problem(statusOf(error), [error.message, error.advice].filter(Boolean).join('\n'))
  throw error
}
