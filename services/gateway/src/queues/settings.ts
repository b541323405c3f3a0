// Which settings does the gateway have about the queues behind it, and about its promise?
import { variables } from '@orderpipeline/config'

export const queueVariables = {
  ORDERPIPELINE_NAMESPACE: variables.text().default('default'),
  /**
   * The prefix of the stages' consumer groups (default `<namespace>.<pipeline>.`).
   */
  KAFKA_GROUP_PREFIX: variables.text().optional(),
  /** The shortest interval of reading the queues from Kafka. */
  QUEUES_CACHE_SECONDS: variables.number(0.05, 300).default(5),
  /** `/health/queues` reports `stuck` for a queue whose oldest message has waited longer. */
  QUEUES_MAX_AGE_SECONDS: variables.number(1, 604_800).default(300),
  /**
   * Orders that would wait longer than this for their outcome are late: they are refused, or
   * accepted as late up to PROMISE_REFUSE_SECONDS. By default none is late.
   */
  PROMISE_SECONDS: variables.number(1, 86_400).optional(),
  /**
   * A late order is accepted, and its answer says so, up to this wait; synchronous orders are then
   * answered at once (default PROMISE_SECONDS: every late order is refused).
   */
  PROMISE_REFUSE_SECONDS: variables.number(1, 604_800).optional(),
  /**
   * While orders are refused, one order is accepted in each interval, so that the rate can be
   * measured.
   */
  PROMISE_PROBE_SECONDS: variables.number(0.1, 3_600).default(1),
  /**
   * The interval of reading the queues for estimates, and of following an order to learn from it;
   * 0: no estimates.
   */
  ESTIMATE_EVERY_SECONDS: variables.number(0, 300).default(10),
  /** The stages that an order passes until its outcome. */
  PROMISE_STAGES: variables.list().default(['orders', 'inventory', 'payment']),
}
