// A stage as a process of its own that writes down what takes effect; certain orders end the
// process at once.
import type { OrderEvent } from '@orderpipeline/order-events'
import { runStageProcess } from '../../src/index.ts'
import type { StageDefinition } from '../../src/index.ts'

const deadly = new Map(Object.entries(JSON.parse(process.env.DEADLY ?? '{}') as Record<string, string>))

/** As a bug in the handler or a library would, and as a native crash or the kernel would. */
function die(event: OrderEvent): void {
  const how = deadly.get(event.data.orderId)
  if (how === 'exits') process.exit(7)
  if (how === 'is killed') process.kill(process.pid, 'SIGKILL')
}

const addEffect = { name: 'effects.add', text: 'INSERT INTO effects (order_id, customer_id) VALUES ($1, $2)' }

const definition: StageDefinition<undefined> = {
  role: 'notification',
  handles: ['OrderValidated'],
  apply: () =>
    Promise.resolve((tx, newItems) => {
      for (const { event } of newItems) {
        tx.send(addEffect, [event.data.orderId, event.data.customerId])
        die(event)
      }
      return []
    }),
}

await runStageProcess({ env: process.env, now: () => new Date() }, () => definition)
