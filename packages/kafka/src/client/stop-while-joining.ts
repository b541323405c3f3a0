// Does a consumer that is stopped while it joins its group leave it? kafkajs 2.2.4 takes one that
// has not joined yet for stopped: it closes the connections, and the join goes on, opens them
// again, and becomes a member that nothing stops any more. It sends heartbeats and holds its
// partitions for as long as the process lives.
import type ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js'
import Runner from 'kafkajs/src/consumer/runner.js'
import { methodOf } from './method-of.ts'

/** By runner: ends with the first join, whether it succeeds or not. */
const joins = new WeakMap<Runner, Promise<unknown>>()
const stoppedRunners = new WeakSet<Runner>()

/** Resolves with the error of a join that has failed. */
function firstJoin(group: ConsumerGroup): Promise<unknown> {
  return group.joinAndSync().then(
    () => undefined,
    (error: unknown) => error,
  )
}

async function start(runner: Runner): Promise<void> {
  const group = runner.consumerGroup
  try {
    await group.connect()
  } catch (error) {
    if (!stoppedRunners.has(runner)) await runner.onCrash(error)
    return
  }
  if (stoppedRunners.has(runner)) return
  const joining = firstJoin(group)
  joins.set(runner, joining)
  const error = await joining
  if (stoppedRunners.has(runner)) return
  if (error !== undefined) return runner.onCrash(error)
  runner.running = true
  runner.scheduleFetchManager()
}

/** What has joined by now leaves at once, so that the others need not wait for its session. */
async function stopBeforeItRuns(runner: Runner): Promise<void> {
  stoppedRunners.add(runner)
  await joins.get(runner)
  await runner.consumerGroup.leave().catch(() => undefined)
}

function leaveAfterTheFirstJoin(): void {
  methodOf(Runner.prototype, 'start')
  const stop = methodOf(Runner.prototype, 'stop')
  Runner.prototype.start = async function () {
    if (!this.running) await start(this)
  }
  Runner.prototype.stop = async function () {
    await (this.running ? stop.call(this) : stopBeforeItRuns(this))
  }
}

leaveAfterTheFirstJoin()
