// What is read and written of the intents of charges?
import type { Statement } from '@orderpipeline/postgres'

const columns = `charge_intents.intent_id AS "intentId", charge_intents.stopped`

/** $1: order id. */
export const intentOf: Statement = {
  name: 'payment.select-intent',
  text: `SELECT ${columns} FROM charge_intents WHERE order_id = $1`,
}

/** $1: order id, $2: intent id. The first one noted stays. */
export const noteIntent: Statement = {
  name: 'payment.note-intent',
  text: `
INSERT INTO charge_intents (order_id, intent_id) VALUES ($1, $2)
ON CONFLICT (order_id) DO UPDATE SET intent_id = COALESCE(charge_intents.intent_id, EXCLUDED.intent_id)
RETURNING ${columns}`,
}

/** $1: order id. */
export const stopIntent: Statement = {
  name: 'payment.stop-intent',
  text: `
INSERT INTO charge_intents (order_id, stopped) VALUES ($1, true)
ON CONFLICT (order_id) DO UPDATE SET stopped = true
RETURNING ${columns}`,
}

/** $1: rows at most. */
export const pruneIntents: Statement = {
  name: 'payment.prune-intents',
  text: `
DELETE FROM charge_intents
WHERE order_id IN (
  SELECT order_id FROM charge_intents
  WHERE created_at < now() - interval '31 days' ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
RETURNING order_id`,
}
