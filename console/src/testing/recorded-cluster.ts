// How does a test of the page get a console in a cluster? With the recorded shop, persons whose
// names and rights are in a table in the place of the API server, and the sessions of the product.
import { CommandError } from '@orderpipeline/client'
import type { ApiServer } from '@orderpipeline/client'
import { clusterVisitors } from '../cluster/cluster-visitors.ts'
import type { Reviews } from '../cluster/reviews.ts'
import { createSessions } from '../cluster/sessions.ts'
import { builtPage } from '../page-files.ts'
import { clusterAddresses } from '../server/guard.ts'
import { createObserver } from '../server/observer.ts'
import { serveHttp } from '../server/http-console.ts'
import type { HttpConsole } from '../server/http-console.ts'
import type { Visitors } from '../server/visitor.ts'
import { recordedActions } from './recorded-actions.ts'
import type { RecordedActions } from './recorded-actions.ts'
import { recordedSource } from './recorded-shop.ts'

export interface RecordedPerson {
  readonly name: string
  /** `<verb> <resource>` of what they may; a subresource is `<resource>/<subresource>`. */
  readonly may: readonly string[]
}

export interface RecordedCluster extends HttpConsole {
  readonly url: string
  readonly actions: RecordedActions
  readonly said: readonly string[]
}

/** `persons`: by their token; a person who is taken out of it is not known any more. */
export async function recordedCluster(persons: Map<string, RecordedPerson>): Promise<RecordedCluster> {
  const shop = recordedSource(Date.now() - 60_000)
  shop.at = Date.now()
  const actions = recordedActions()
  shop.letters = () => Promise.resolve(actions.letters())
  const observer = createObserver(shop, { command: 'orderpipeline', writes: true })
  await observer.step()
  const output: string[] = []
  const server = await serveHttp({
    ...{ observers: [observer], visitors: visitorsOf(persons, actions, shop), port: 0, files: builtPage },
    cluster: { listen: '127.0.0.1', addresses: clusterAddresses([]) },
    say: (line) => void output.push(line),
    periods: { reviewMs: 100 },
  })
  const url = `http://127.0.0.1:${server.port}`
  return { ...{ port: server.port, viewers: 0, url, actions, said: output }, close: () => server.close() }
}

function visitorsOf(
  persons: ReadonlyMap<string, RecordedPerson>,
  actions: RecordedActions,
  shop: ReturnType<typeof recordedSource>,
): Visitors {
  const reviews: Reviews = {
    name: (token) => Promise.resolve(persons.get(token)?.name),
    refusal: (token, accesses) => {
      const missing = accesses
        .map(({ verb, resource, subresource }) => `${verb} ${[resource, subresource].filter(Boolean).join('/')}`)
        .find((right) => persons.get(token)?.may.includes(right) !== true)
      return Promise.resolve(missing === undefined ? undefined : `Your user may not ${missing} in namespace default.`)
    },
  }
  const visitors = clusterVisitors({
    ...{ reviews, sessions: createSessions(), addresses: clusterAddresses([]), namespaces: ['default'] },
    ...{ cluster: { as: () => noServer }, allowWrites: true, tokenHeader: undefined, onAction: () => undefined },
  })
  return {
    ...visitors,
    of: async (request) => {
      const visitor = await visitors.of(request)
      if ('status' in visitor || !visitor.actions) return visitor
      const recordedActions = visitor.actions
      const rights = {
        person: () => recordedActions.person(),
        refusal: (...request: Parameters<typeof recordedActions.refusal>) => recordedActions.refusal(...request),
      }
      return { ...visitor, onDemand: () => shop, actions: { ...actions, ...rights } }
    },
  }
}

function absent() {
  return Promise.reject(new CommandError('There is no API server here.'))
}
const noServer: ApiServer = { get: absent, getText: absent, patch: absent, send: absent }
