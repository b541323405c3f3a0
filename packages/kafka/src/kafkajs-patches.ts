// What is broken in kafkajs 2.2.4, the last release, that a hundred replicas cannot live with?
// Three things, mended here.
import { setTimeout as sleep } from 'node:timers/promises'
import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js'
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'

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
 * Coordinator loading, not available, or moved: as it is for seconds after a broker has started.
 */
const passing = new Set(['GROUP_LOAD_IN_PROGRESS', 'GROUP_COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR_FOR_GROUP'])
const joinTries = 60

/**
 * A coordinator that is still loading ends the consumer, and the one that replaces it is a stranger
 * to the group, which then stands still until the first one's session is over. Asking again keeps
 * the place.
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

/** By member: what is to be over before it joins its group anew. */
export const beforeJoining = new Map<string, Promise<void>>()

/**
 * It tells of a rebalance and joins at once, waiting for nobody who was told. What must be done
 * before the partitions are another's is waited for here.
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
 * Another version of kafkajs must be looked at anew, so an absent method is an error at start and
 * not a silent return of the fault.
 */
function methodOf<T extends object, Name extends keyof T>(prototype: T, name: Name): T[Name] {
  const method = prototype[name]
  if (typeof method !== 'function')
    throw new TypeError(`kafkajs has no ${String(name)} any more: see kafkajs-patches.ts`)
  return method
}

askOnlyWhilePending()
waitForTheCoordinator()
waitForWhatIsToBeDoneBefore()
