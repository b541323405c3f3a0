// What does the notification stage write?
import type { Statement } from '@orderpipeline/postgres'

/**
 * $1: order ids, $2: statuses, $3: customer ids, $4: reasons or null. Returns those that are new.
 */
export const addNotifications: Statement = {
  name: 'notification.add-notifications',
  text: `
INSERT INTO notifications (order_id, status, customer_id, reason)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
ON CONFLICT DO NOTHING
RETURNING order_id, status`,
}
