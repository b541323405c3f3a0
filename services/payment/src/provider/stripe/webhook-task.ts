// How does a replica listen for webhooks? By a periodic task that begins once the stage has its
// database, and tries again where the port is still in use.
import type { PeriodicTask } from '@orderpipeline/stage'
import type { Logger } from '@orderpipeline/process'
import { hastenPending } from '../../sql/pending.ts'
import { watch } from '../../disputes/watch-disputes.ts'
import { markPartDueAgain } from '../../sql/partial-refunds.ts'
import { markDueAgain } from '../../sql/reconcile.ts'
import { startWebhook } from './webhook.ts'
import type { Webhook } from './webhook.ts'

export interface WebhookTaskOptions {
  readonly port: number
  readonly host: string
  readonly secrets: readonly string[]
  readonly now: () => Date
  readonly logger: Logger
  readonly onListening?: (port: number) => void
}

export function webhookTask({ port, host, secrets, now, logger, onListening }: WebhookTaskOptions): PeriodicTask {
  let webhook: Webhook | undefined
  return {
    name: 'webhook',
    everyMs: 2_000,
    run: async ({ database }) => {
      if (webhook) return
      const hints = {
        charge: async (orderId: string) => void (await database.query(hastenPending, [orderId])),
        refundFailed: async (orderId: string, refundId: string | undefined) =>
          void (await (refundId === undefined
            ? database.query(markDueAgain, [orderId])
            : database.query(markPartDueAgain, [refundId]))),
        dispute: (disputeId: string) => watch(database, [disputeId]),
      }
      webhook = await startWebhook({ port, host, secrets, now, logger, hints })
      onListening?.(webhook.port)
    },
    close: () => void webhook?.close(),
  }
}
