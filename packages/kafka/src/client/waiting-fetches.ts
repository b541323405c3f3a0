// How does an idle consumer wait for messages at the broker for seconds, and yet leave, rejoin or
// fetch a resumed partition at once?
//
// kafkajs 2.2.4 sends a heartbeat and looks whether it was stopped between two fetches only. So a
// fetch that finds nothing had to be over within half a second, and a hundred idle replicas asked
// two hundred times a second, each time for all of their partitions. Here a waiting fetch can be
// ended, and heartbeats are sent while it waits.
import Broker from 'kafkajs/src/broker/index.js'
import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js'
import Runner from 'kafkajs/src/consumer/runner.js'
import type Connection from 'kafkajs/src/network/connection.js'
import { dropSocket } from './kafkajs-patches.ts'
import { methodOf } from './method-of.ts'

/**
 * How long a fetch waits at a broker that has nothing. A consumer's own `maxWaitTimeInMs` is only
 * how long it sleeps while there is no partition to fetch, which nothing can end early. Tests make
 * it longer than what they wait for.
 */
export const fetchWait = { longestMs: 5_000 }
/** kafkajs keeps a connection for fetches apart from the one for everything else. */
const fetchConnection = 1
const stopCheckMs = 50
/** kafkajs sends a heartbeat only when the last is old enough, so it is called more often. */
const heartbeatCheckMs = 1_000

const waiting = new WeakMap<Broker, Set<() => void>>()

function waitsOf({ cluster }: ConsumerGroup): readonly (() => void)[] {
  return Object.values(cluster.brokerPool.brokers).flatMap((broker) => [...(waiting.get(broker) ?? [])])
}

/** Each fetch that waits at a broker returns an empty response. */
function endWaitingFetches(group: ConsumerGroup): void {
  for (const end of waitsOf(group)) end()
}

/**
 * The broker answers the requests of a connection one after the other, so a later fetch would wait
 * for the cancelled one: it needs a new connection.
 */
async function dropConnection(connection: Connection): Promise<void> {
  connection.requestQueue.rejectAll(new Error('the fetch was ended'))
  dropSocket(connection)
  await connection.disconnect()
}

function waitLongAtTheBroker(): void {
  const fetch = methodOf(Broker.prototype, 'fetch')
  Broker.prototype.fetch = async function (request) {
    const connection = await this.connectionPool.getConnection(fetchConnection)
    if (!connection.isAuthenticated()) await connection.authenticate()
    const cancellation = Promise.withResolvers<'ended'>()
    const end = (): void => cancellation.resolve('ended')
    const waits = waiting.get(this) ?? new Set()
    waiting.set(this, waits.add(end))
    try {
      const fetching = fetch.call(this, { ...request, maxWaitTime: fetchWait.longestMs })
      const answer = await Promise.race([fetching, cancellation.promise])
      if (answer !== 'ended') return answer
      fetching.catch(() => undefined)
      await dropConnection(connection)
      return { responses: [] }
    } finally {
      waits.delete(end)
    }
  }
}

/** The answer to a heartbeat says that the group rebalances: it must not wait for a message. */
function sendHeartbeatsWhileWaiting(): void {
  const fetch = methodOf(Runner.prototype, 'fetch')
  const heartbeat = methodOf(Runner.prototype, 'heartbeat')
  Runner.prototype.heartbeat = async function () {
    try {
      await heartbeat.call(this)
    } catch (error) {
      // This ends fetches at other brokers too. The error of a heartbeat in parallel with a fetch
      // comes again with the next heartbeat.
      endWaitingFetches(this.consumerGroup)
      throw error
    }
  }
  Runner.prototype.fetch = async function (nodeId) {
    const sendHeartbeat = (): void => {
      // A fetch may also find its assignment stale and join the group again; no heartbeat may be
      // sent meanwhile.
      if (waitsOf(this.consumerGroup).length > 0) this.heartbeat().catch(() => undefined)
    }
    const heartbeatTimer = setInterval(sendHeartbeat, heartbeatCheckMs)
    try {
      return await fetch.call(this, nodeId)
    } finally {
      clearInterval(heartbeatTimer)
    }
  }
}

function stopAtOnce(): void {
  const stop = methodOf(Runner.prototype, 'stop')
  Runner.prototype.stop = async function () {
    const stopped = stop.call(this)
    // A fetch may have been about to wait.
    const ending = setInterval(() => endWaitingFetches(this.consumerGroup), stopCheckMs)
    endWaitingFetches(this.consumerGroup)
    try {
      await stopped
    } finally {
      clearInterval(ending)
    }
  }
}

/** A fetch that waits does not ask for the resumed partitions. */
function fetchWhatIsResumed(): void {
  const resume = methodOf(ConsumerGroup.prototype, 'resume')
  ConsumerGroup.prototype.resume = function (partitions) {
    resume.call(this, partitions)
    endWaitingFetches(this)
  }
}

waitLongAtTheBroker()
sendHeartbeatsWhileWaiting()
stopAtOnce()
fetchWhatIsResumed()
