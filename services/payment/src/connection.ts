// What does the stage reach its payment provider by, as it is configured? The provider itself, its
// list of charges, and the tasks that go with them.
import type { Queryable } from '@orderpipeline/postgres'
import type { PeriodicTask, StageContext } from '@orderpipeline/stage'
import { createStageRate } from './guard/callers.ts'
import type { ProviderOptions } from './config.ts'
import type { DisputeSource } from './disputes/watch-disputes.ts'
import { intentsIn } from './provider/intents.ts'
import { createProvider } from './provider/provider.ts'
import { simulatorDisputes } from './provider/simulator-disputes.ts'
import type { Provider } from './provider/provider.ts'
import { simulatorCharges, stripeCharges } from './reconcile/charge-list.ts'
import type { ChargeList } from './reconcile/charge-list.ts'
import { stripeDisputes } from './provider/stripe/disputes.ts'
import { createStripe } from './provider/stripe/stripe.ts'
import { webhookTask } from './provider/stripe/webhook-task.ts'

export interface Connection {
  readonly provider: Provider
  readonly list: ChargeList
  readonly disputes: DisputeSource
  readonly periodicTasks: readonly PeriodicTask[]
  /** Called with the stage's pool before the first call to the provider. */
  readonly onDatabase: (database: Queryable) => void
}

type Context = Pick<StageContext, 'now' | 'logger' | 'registry'>

export function createConnection(options: ProviderOptions, { now, logger, registry }: Context): Connection {
  const { kind, url, token, timeoutMs, stageRate, webhook } = options
  const rate = stageRate === undefined ? undefined : createStageRate({ perSecond: stageRate, registry })
  const rateChores = rate ? [rate.task] : []
  if (kind === 'simulator') {
    const address = { url, timeoutMs, token, turn: rate?.turn }
    return {
      provider: createProvider(address),
      list: simulatorCharges(address),
      disputes: simulatorDisputes(address),
      periodicTasks: rateChores,
      onDatabase: () => undefined,
    }
  }
  const address = { url, timeoutMs, key: token ?? '', turn: rate?.turn }
  let pool: Queryable | undefined
  const intents = intentsIn(() => {
    if (!pool) throw new Error('the provider was called before the stage had its database')
    return pool
  })
  return {
    provider: createStripe({ ...address, intents, now: () => now().getTime() }),
    list: stripeCharges(address),
    disputes: stripeDisputes(address),
    periodicTasks: [...rateChores, ...(webhook ? [webhookTask({ ...webhook, now, logger })] : [])],
    onDatabase: (database) => (pool = database),
  }
}
