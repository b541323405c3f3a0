// Does the first message start a stage without replicas at once? The notifications of the shop,
// scaled on flow, with a poll of KEDA too rare to be what starts them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../src/platform.ts'
import type { Platform } from '../src/platform.ts'
import { reapplied } from '../src/release.ts'
import { waitFor } from '../src/wait.ts'

const stage = 'shop-notification'
/** The longest that the spec allows. */
const pollSeconds = 300

describe('a stage on flow without replicas', () => {
  let platform: Platform

  beforeAll(async () => {
    platform = await connect()
    await platform.settled('shop')
    await platform.editPipeline('shop', ({ spec }) => {
      const notification = spec.stages.find(({ name }) => name === 'notification')
      if (!notification) throw new Error('the shop has no stage notification')
      notification.scaling = {
        ...notification.scaling,
        ...{ policy: 'Flow', minReplicas: 0, pollingIntervalSeconds: pollSeconds },
      }
    })
    await waitFor(
      'KEDA asks the operator about the notifications',
      async () => {
        const { stdout } = await platform.cluster.kubectl(['get', 'scaledobject', stage, '-o', 'json'])
        const { spec } = JSON.parse(stdout) as { spec: { pollingInterval?: number; triggers: { type: string }[] } }
        const isOnFlow = spec.pollingInterval === pollSeconds && spec.triggers[0]?.type === 'metrics-api'
        return isOnFlow ? { done: true, value: undefined } : { done: false, seen: JSON.stringify(spec.triggers) }
      },
      { seconds: 60 },
    )
  })
  afterAll(async () => {
    await platform.cluster.kubectl(['apply', '-f', 'examples/shop.yaml'])
    await reapplied() // the file is of an open shop
    await platform.settled('shop')
    await platform.close()
  })

  it('stays at none while no message comes, and is started by the first one, long before a poll', async () => {
    // As KEDA does after the cool-down; the start of KEDA's loop with the new spec is over by then.
    await platform.cluster.kubectl(['scale', 'deployment', stage, '--replicas=0'])
    await waitFor(
      'no replica left',
      async () => {
        const { wanted: desired, ready } = await platform.cluster.stage(stage)
        return desired === 0 && ready === 0
          ? { done: true, value: undefined }
          : { done: false, seen: `${ready} ready of ${desired} wanted` }
      },
      { seconds: 60 },
    )
    const { acceptedIds } = await platform.burst(1)
    expect(acceptedIds).toHaveLength(1)
    const { tookSeconds } = await waitFor(
      'a ready replica',
      async () => {
        const { wanted: desired, ready } = await platform.cluster.stage(stage)
        return ready > 0 ? { done: true, value: ready } : { done: false, seen: `${ready} ready of ${desired} wanted` }
      },
      { seconds: 60, everyMs: 100 },
    )
    process.stderr.write(`    first replica ready ${tookSeconds} s after the order was accepted\n`)
    await platform.finished(60)
  })

  it('has the decision in the status and as an Event', async () => {
    const { value: lastScaling } = await waitFor(
      'the change in the status',
      async () => {
        const { status } = await platform.cluster.pipeline('shop')
        const change = status?.stages?.find(({ name }) => name === 'notification')?.lastScaling
        return change ? { done: true, value: change } : { done: false, seen: 'none' }
      },
      { seconds: 60 },
    )
    expect(lastScaling.message).not.toBe('')
    const { stdout } = await platform.cluster.kubectl(['get', 'events', '--field-selector=reason=Scaled', '-o', 'json'])
    const { items } = JSON.parse(stdout) as { items: { message: string }[] }
    expect(items.some(({ message }) => message.startsWith('notification: '))).toBe(true)
  })
})
