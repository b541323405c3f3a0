// Which settings does the gateway have about the queues behind it, and about its promise?
import { variables } from '@orderpipeline/config'

export const queueVariables = {
  ORDERPIPELINE_NAMESPACE: variables.text().default('default'),
  /**
   * Consumer groups that begin so are the pipeline's stages; `<namespace>.<pipeline>.` unless
   * given.
   */
  KAFKA_GROUP_PREFIX: variables.text().optional(),
  /** Kafka is asked about the queues at most so often. */
  QUEUES_CACHE_SECONDS: variables.number(0.05, 300).default(5),
  /** A queue whose oldest message has waited longer makes `/health/queues` say `stuck`. */
  QUEUES_MAX_AGE_SECONDS: variables.number(1, 604_800).default(300),
  /**
   * Orders that would wait longer than this until they are decided are refused; none unless given.
   */
  PROMISE_SECONDS: variables.number(1, 86_400).optional(),
  /**
   * While orders are refused for it, one in so long is taken all the same, so that there is a pace
   * to see.
   */
  PROMISE_PROBE_SECONDS: variables.number(0.1, 3_600).default(1),
  /**
   * Between two looks at the queues for estimates of how long orders take, and between two orders
   * that are followed to learn from; 0: nothing is estimated.
   */
  ESTIMATE_EVERY_SECONDS: variables.number(0, 300).default(10),
  /** The stages that an order passes until it is decided. */
  PROMISE_STAGES: variables.list().default(['orders', 'inventory', 'payment']),
}
