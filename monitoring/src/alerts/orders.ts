// Which alerts are about orders and money? They use the built-in services' own metrics.
import { pod } from './alert.ts'
import type { AlertGroup } from './alert.ts'

export const orders: AlertGroup = {
  name: 'orderpipeline-orders',
  alerts: [
    {
      name: 'OrderPipelineOutboxOld',
      expr: 'max by (namespace, orderpipeline_dev_pipeline) (outbox_lag_seconds) > 60',
      for: '5m',
      severity: 'critical',
      summary:
        'Accepted orders have waited {{ $value | humanizeDuration }} in the outbox of {{ $labels.orderpipeline_dev_pipeline }}',
      runbook: {
        meaning:
          'Orders are accepted and stored in PostgreSQL, but do not reach Kafka. No order is lost; all of them wait.',
        look: [
          '`outbox_failures_total` and the log of the stage `orders`: the errors of Kafka or PostgreSQL.',
          '`outbox_relay_leader`: it must be 1 for one replica.',
        ],
        act: ['Restore Kafka. The relay then publishes the events in order, without a restart.'],
      },
      fires: {
        title: 'the oldest event ages',
        series: {
          [`outbox_lag_seconds{${pod('orders')}}`]: '0+60x60',
          [`outbox_lag_seconds{${pod('orders', 'b')}}`]: '0x60',
        },
        at: '20m',
      },
      quiet: [
        { title: 'a second of waiting', series: { [`outbox_lag_seconds{${pod('orders')}}`]: '1x60' }, at: '20m' },
      ],
    },
    {
      name: 'OrderPipelineOutboxWithoutRelay',
      expr: 'sum by (namespace, orderpipeline_dev_pipeline) (outbox_relay_leader) == 0',
      for: '2m',
      severity: 'critical',
      summary: 'No replica relays the outbox of {{ $labels.orderpipeline_dev_pipeline }}',
      runbook: {
        meaning: 'Accepted orders do not reach Kafka.',
        look: ['The log of the replicas of `orders`: which replica tries to lead, and the answers of PostgreSQL.'],
        act: ['If an idle session holds the advisory lock (`pg_locks`), end that session.'],
      },
      fires: {
        title: 'neither of two replicas leads',
        series: {
          [`outbox_relay_leader{${pod('orders')}}`]: '1x5 0x60',
          [`outbox_relay_leader{${pod('orders', 'b')}}`]: '0x60',
        },
        at: '20m',
      },
      quiet: [
        {
          title: 'a change of leader',
          series: {
            [`outbox_relay_leader{${pod('orders')}}`]: '1x5 0x60',
            [`outbox_relay_leader{${pod('orders', 'b')}}`]: '0x6 1x60',
          },
          at: '20m',
        },
      ],
    },
    {
      name: 'OrderPipelineHeldOrdersWait',
      expr: 'max by (namespace, orderpipeline_dev_pipeline) (orders_held_oldest_seconds) > 4 * 3600',
      for: '15m',
      severity: 'warning',
      summary:
        'An order of {{ $labels.orderpipeline_dev_pipeline }} has been held for {{ $value | humanizeDuration }} and no person has decided about it',
      runbook: {
        meaning:
          'Held orders are not charged, and their stock is reserved. When their time is over (`ORDER_HOLD_SECONDS`), they are cancelled, or released with `ORDER_HOLD_AT_DUE=release`.',
        look: [
          '`GET /v1/staff/orders` of the gateway: the held orders, since when, until when and why ([holds.md](holds.md)).',
          '`orders_held`: a number that grows fast means that the stage which asks for holds suspects too much.',
        ],
        act: [
          'Decide: release or reject each order. It takes a token of the staff with the scope `orders:hold`.',
          'Where the stage suspects too much, correct its rules. Orders that it holds already still need a decision.',
        ],
      },
      fires: {
        title: 'an order that has been held for five hours',
        series: {
          [`orders_held_oldest_seconds{${pod('orders')}}`]: '18000+60x60',
          [`orders_held_oldest_seconds{${pod('orders', 'b')}}`]: '18000+60x60',
        },
        at: '30m',
      },
      quiet: [
        {
          title: 'orders that are decided within hours',
          series: { [`orders_held_oldest_seconds{${pod('orders')}}`]: '7200+60x30 0x60' },
          at: '50m',
        },
        { title: 'no held order', series: { [`orders_held_oldest_seconds{${pod('orders')}}`]: '0x60' }, at: '30m' },
      ],
    },
    {
      name: 'OrderPipelinePaymentBreakerOpen',
      expr: 'max by (namespace, orderpipeline_dev_pipeline) (payment_breaker_open) == 1',
      for: '5m',
      severity: 'critical',
      summary:
        'The payment provider of {{ $labels.orderpipeline_dev_pipeline }} gets no requests, because its calls fail',
      runbook: {
        meaning: 'Orders wait for their payment. More replicas would not help.',
        look: [
          '`payment_provider_calls_total` by outcome: what the provider answers.',
          'The provider’s own status page.',
        ],
        act: [
          'Wait for the provider, or contact it. The circuit breaker tests by itself whether the provider answers again.',
        ],
      },
      fires: {
        title: 'an open circuit breaker',
        series: { [`payment_breaker_open{${pod('payment')}}`]: '1x60' },
        at: '20m',
      },
      quiet: [
        {
          title: 'a circuit breaker that is open for a minute',
          series: { [`payment_breaker_open{${pod('payment')}}`]: '0x5 1 0x60' },
          at: '20m',
        },
      ],
    },
    {
      name: 'OrderPipelineMoneyOwed',
      expr:
        'sum by (namespace, orderpipeline_dev_pipeline) ' +
        '(max by (namespace, orderpipeline_dev_pipeline, reason) (payment_refunds_due)) > 0',
      for: '1h',
      severity: 'warning',
      summary:
        '{{ $value }} refunds have been due to customers of {{ $labels.orderpipeline_dev_pipeline }} for an hour',
      runbook: {
        meaning: 'Customers were charged for orders that failed, or may have been, and their refunds are outstanding.',
        look: [
          '`payment_refunds_due` by reason: GIVEN_UP is a refund that the provider refused, SECOND_CHARGE an order charged twice, PART a refund of a part.',
          '`payment_owed_cents` by currency: how much it is. With the currency `unknown` the provider has not answered whether the order was charged.',
          '`refunds_due` in the database of `payment`: the orders, and the provider’s last answer about each.',
        ],
        act: [
          'The stage asks the provider again by itself. Otherwise refund at the provider, by the order’s id, and delete the row.',
        ],
      },
      fires: {
        title: 'a refund that stays due, of an amount that is not known',
        series: {
          [`payment_refunds_due{${pod('payment')},reason="GIVEN_UP"}`]: '1x120',
          [`payment_refunds_due{${pod('payment')},reason="SECOND_CHARGE"}`]: '0x120',
          [`payment_owed_cents{${pod('payment')},currency="unknown"}`]: '0x120',
        },
        at: '90m',
      },
      quiet: [
        {
          title: 'refunds in progress',
          series: { [`payment_refunds_due{${pod('payment')},reason="GIVEN_UP"}`]: '2x20 0x100' },
          at: '90m',
        },
        {
          title: 'nothing due',
          series: {
            [`payment_refunds_due{${pod('payment')},reason="GIVEN_UP"}`]: '0x120',
            [`payment_refunds_due{${pod('payment')},reason="SECOND_CHARGE"}`]: '0x120',
          },
          at: '90m',
        },
      ],
    },
    {
      name: 'OrderPipelineMonthsMissing',
      expr: 'max by (namespace, orderpipeline_dev_pipeline) (orders_months_ahead) < 1',
      for: '1h',
      severity: 'critical',
      summary:
        'The next month of {{ $labels.orderpipeline_dev_pipeline }} has no partition for its orders in PostgreSQL',
      runbook: {
        meaning:
          'Orders of the next month will be stored in the default partition, where they cannot be detached together.',
        look: ['The log of the stage `orders`: why partitions could not be created.'],
        act: [
          'Give the service’s database user the right to create tables in its schema. The stage creates partitions every hour.',
        ],
      },
      fires: { title: 'no partition ahead', series: { [`orders_months_ahead{${pod('orders')}}`]: '0x120' }, at: '90m' },
      quiet: [
        {
          title: 'partitions for three months ahead',
          series: { [`orders_months_ahead{${pod('orders')}}`]: '3x120' },
          at: '90m',
        },
      ],
    },
    {
      name: 'OrderPipelineDatabaseConnectionsExhausted',
      expr: 'min_over_time(orderpipeline_database_waiting[5m]) > 0',
      for: '5m',
      severity: 'warning',
      summary: 'Callers in {{ $labels.pod }} always wait for a connection to the database',
      runbook: {
        meaning: 'The pool is too small for the work, or statements have become slow.',
        look: [
          '`orderpipeline_database_query_seconds` by statement: which one is slow.',
          '`orderpipeline_database_connections` by state.',
        ],
        act: ['Raise `database.maxConnections` with PostgreSQL’s `max_connections`, or use a connection pooler.'],
      },
      fires: {
        title: 'callers always wait',
        series: { [`orderpipeline_database_waiting{${pod('payment')},pool="primary"}`]: '4x60' },
        at: '30m',
      },
      quiet: [
        {
          title: 'callers sometimes wait',
          series: { [`orderpipeline_database_waiting{${pod('payment')},pool="primary"}`]: '4 0 4 0 4 0 4 0x60' },
          at: '9m',
        },
      ],
    },
  ],
}
