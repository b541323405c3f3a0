// What is broken in kafkajs 2.2.4, the last release, that a hundred replicas cannot live with? It
// is mended here; waiting-fetches.ts has what concerns the wait for messages.
import { setTimeout as sleep } from 'node:timers/promises'
import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js'
import Connection from 'kafkajs/src/network/connection.js'
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'
import { methodOf } from './method-of.ts'

/**
 * Each connection asks a thousand times a second whether requests held back by throttling may go,
 * though none is held back: 4 % of a core for an idle replica. It need ask only while some are.
 */
function askOnlyWhilePending(): void {
  const schedule = methodOf(RequestQueue.prototype, 'scheduleCheckPendingRequests')
  RequestQueue.prototype.scheduleCheckPendingRequests = function () {
    if (this.pending.length > 0) schedule.call(this)
  }
}

/**
 * The coordinator is loading, not available, or has moved, as for seconds after a broker has
 * started.
 */
const passing = new Set(['GROUP_LOAD_IN_PROGRESS', 'GROUP_COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR_FOR_GROUP'])
const joinTries = 60

/**
 * A coordinator that is still loading ends the consumer. The consumer that replaces it is a new
 * member, and the group stands still until the session of the first one is over. To ask again keeps
 * the membership.
 */
function waitForTheCoordinator(): void {
  const joinAndSync = methodOf(ConsumerGroup.prototype, 'joinAndSync')
  ConsumerGroup.prototype.joinAndSync = async function () {
    for (let tries = 1; ; tries++) {
      try {
        return await joinAndSync.call(this)
      } catch (error) {
        const type = error instanceof Error && 'type' in error && typeof error.type === 'string' ? error.type : ''
        if (tries >= joinTries || !passing.has(type)) throw error
        await sleep(500 + Math.random() * 500)
      }
    }
  }
}

/** By member: what must be over before it joins its group again. */
export const beforeJoining = new Map<string, Promise<void>>()

/**
 * kafkajs reports a rebalance and joins at once; it does not wait for the listeners of that event.
 * What must be done before the partitions belong to another replica is waited for here.
 */
function waitForWhatIsToBeDoneBefore(): void {
  const joinAndSync = methodOf(ConsumerGroup.prototype, 'joinAndSync')
  ConsumerGroup.prototype.joinAndSync = async function () {
    const member = this.memberId ?? ''
    await beforeJoining.get(member)
    beforeJoining.delete(member)
    return joinAndSync.call(this)
  }
}

/**
 * Each connection looks ten times a second whether a request is older than half a minute: thirty
 * times for an idle replica, which wakes up for little else.
 */
function lookForTimeoutsOnceASecond(): void {
  methodOf(RequestQueue.prototype, 'scheduleRequestTimeoutCheck')
  RequestQueue.prototype.scheduleRequestTimeoutCheck = function () {
    if (!this.enforceRequestTimeout) return
    this.destroy()
    const look = (): void => {
      for (const request of [...this.inflight.values()])
        if (request.sentAt !== null && Date.now() - request.sentAt > request.requestTimeout) request.timeoutRequest()
      if (!this.isConnected()) this.destroy()
    }
    this.requestTimeoutIntervalId = setInterval(look, Math.min(this.requestTimeout, 1_000))
  }
}

/**
 * A fetch brings a batch for each partition that was asked for; nearly all are empty where load is
 * light, and each takes its way through the workers only to be dropped.
 */
function dropEmptyBatches(): void {
  const fetch = methodOf(ConsumerGroup.prototype, 'fetch')
  ConsumerGroup.prototype.fetch = async function (nodeId) {
    const batches = await fetch.call(this, nodeId)
    return batches.filter((batch) => !batch.isEmpty() || batch.isEmptyDueToFiltering())
  }
}

/**
 * Before each fetch all partitions of all topics are sorted and compared with those of the
 * assignment. That can come to something else only after metadata was loaded or a group was joined.
 */
function compareAssignmentsOnce(): void {
  const check = methodOf(ConsumerGroup.prototype, 'checkForStaleAssignment')
  const lastComparisons = new WeakMap<ConsumerGroup, { readonly metadata: unknown; readonly partitions: unknown }>()
  ConsumerGroup.prototype.checkForStaleAssignment = function () {
    const { metadata } = this.cluster.brokerPool
    const partitions = this.partitionsPerSubscribedTopic
    const last = lastComparisons.get(this)
    if (last && last.metadata === metadata && last.partitions === partitions) return
    check.call(this)
    lastComparisons.set(this, { metadata, partitions })
  }
}

/** A late event of an old socket would be taken for one of the next. */
export function dropSocket({ socket }: Connection): void {
  socket?.removeAllListeners().on('error', () => undefined)
  socket?.destroy()
}

/** The length of a response stands in front of it. */
const lengthBytes = 4
const connecting = new WeakMap<Connection, Promise<boolean>>()

/**
 * A connection that is lost in the middle of a response keeps that part. It takes the first bytes
 * of its next socket for the rest, and some of them for a length, so that it waits for hundreds of
 * megabytes and answers no request until then. Two requests at once also open two sockets that
 * write into the same buffer.
 */
function startEachSocketWithAnEmptyBuffer(): void {
  const connect = methodOf(Connection.prototype, 'connect')
  Connection.prototype.connect = function () {
    if (this.isConnected()) return connect.call(this)
    const attempt = connecting.get(this)
    if (attempt) return attempt
    dropSocket(this)
    this.chunks = []
    this.bytesBuffered = 0
    this.bytesNeeded = lengthBytes
    const started = connect.call(this).finally(() => connecting.delete(this))
    connecting.set(this, started)
    return started
  }
}

askOnlyWhilePending()
waitForTheCoordinator()
waitForWhatIsToBeDoneBefore()
lookForTimeoutsOnceASecond()
dropEmptyBatches()
compareAssignmentsOnce()
startEachSocketWithAnEmptyBuffer()
