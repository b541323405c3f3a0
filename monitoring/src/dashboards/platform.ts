// What do the dashboards of the gateway, the database and the operator show?
import { ofPods, pipelineVariables } from './dashboard.ts'
import type { Dashboard } from './dashboard.ts'

const ofGateway = `${ofPods},orderpipeline_dev_stage="gateway"`

export const gateway: Dashboard = {
  uid: 'orderpipeline-gateway',
  title: 'OrderPipeline / Gateway and orders',
  variables: pipelineVariables,
  rows: [
    {
      title: 'Requests',
      panels: [
        {
          title: 'Requests',
          description: 'By status.',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (status) (rate(http_requests_total{${ofGateway}}[$__rate_interval]))`,
              legend: '{{ status }}',
            },
          ],
        },
        {
          title: 'Time of a request (p95)',
          description: 'By route.',
          unit: 's',
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (le, route) (rate(http_request_duration_seconds_bucket{${ofGateway}}[$__rate_interval])))`,
              legend: '{{ route }}',
            },
          ],
        },
        {
          title: 'Active requests',
          description: 'By pod.',
          unit: 'short',
          queries: [{ expr: `sum by (pod) (http_requests_active{${ofGateway}})`, legend: '{{ pod }}' }],
        },
        {
          title: 'Expected wait of an order',
          description: 'Above the limit the gateway refuses orders.',
          unit: 's',
          queries: [{ expr: `max(gateway_expected_wait_seconds{${ofGateway}})`, legend: 'seconds' }],
        },
      ],
    },
    {
      title: 'Intake and outbox',
      panels: [
        {
          title: 'Orders accepted',
          description: 'Orders per second.',
          unit: 'ops',
          queries: [{ expr: `sum(rate(orders_created_total{${ofPods}}[$__rate_interval]))`, legend: 'orders' }],
        },
        {
          title: 'Events in the outbox',
          description: 'Accepted and not yet in Kafka.',
          unit: 'short',
          queries: [{ expr: `max(outbox_lag_rows{${ofPods}})`, legend: 'events' }],
        },
        {
          title: 'Age of the outbox',
          description: 'The age of the oldest event.',
          unit: 's',
          queries: [{ expr: `max(outbox_lag_seconds{${ofPods}})`, legend: 'seconds' }],
        },
        {
          title: 'Payment provider (p95)',
          description: 'By call.',
          unit: 's',
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (le, call) (rate(payment_provider_seconds_bucket{${ofPods}}[$__rate_interval])))`,
              legend: '{{ call }}',
            },
          ],
        },
      ],
    },
  ],
}

export const database: Dashboard = {
  uid: 'orderpipeline-database',
  title: 'OrderPipeline / Database and Kafka',
  variables: pipelineVariables,
  rows: [
    {
      title: 'Database',
      panels: [
        {
          title: 'Statements (p95)',
          description: 'By statement.',
          unit: 's',
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (le, statement) (rate(orderpipeline_database_query_seconds_bucket{${ofPods}}[$__rate_interval])))`,
              legend: '{{ statement }}',
            },
          ],
        },
        {
          title: 'Connections',
          description: 'Of all replicas of a stage together.',
          unit: 'short',
          queries: [
            {
              expr: `sum by (orderpipeline_dev_stage, state) (orderpipeline_database_connections{${ofPods}})`,
              legend: '{{ orderpipeline_dev_stage }} {{ state }}',
            },
          ],
        },
        {
          title: 'Callers that wait for a connection',
          description: 'Above 0 for long means that the pool is too small, or statements are slow.',
          unit: 'short',
          queries: [
            {
              expr: `sum by (orderpipeline_dev_stage) (orderpipeline_database_waiting{${ofPods}})`,
              legend: '{{ orderpipeline_dev_stage }}',
            },
          ],
        },
      ],
    },
    {
      title: 'Kafka',
      panels: [
        {
          title: 'Fetches (p95)',
          description: 'From the request to the answer of a broker, its wait for messages included.',
          unit: 's',
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (le, orderpipeline_dev_stage) (rate(orderpipeline_stage_fetch_seconds_bucket{${ofPods}}[$__rate_interval])))`,
              legend: '{{ orderpipeline_dev_stage }}',
            },
          ],
        },
        {
          title: 'Fetches that found nothing',
          description: 'The share of fetches that lasted for more than 2.5 s. A stage without work is near 1.',
          unit: 'percentunit',
          queries: [
            {
              expr:
                `1 - sum by (orderpipeline_dev_stage) (rate(orderpipeline_stage_fetch_seconds_bucket{${ofPods},le="2.5"}[$__rate_interval])) / ` +
                `sum by (orderpipeline_dev_stage) (rate(orderpipeline_stage_fetch_seconds_count{${ofPods}}[$__rate_interval]))`,
              legend: '{{ orderpipeline_dev_stage }}',
            },
          ],
        },
        {
          title: 'Messages produced',
          description: 'Messages per second, by stage.',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (orderpipeline_dev_stage) (rate(orderpipeline_stage_produced_total{${ofPods}}[$__rate_interval]))`,
              legend: '{{ orderpipeline_dev_stage }}',
            },
          ],
        },
      ],
    },
  ],
}

export const operator: Dashboard = {
  uid: 'orderpipeline-operator',
  title: 'OrderPipeline / Operator',
  variables: {},
  rows: [
    {
      title: 'Reconciling',
      panels: [
        {
          title: 'Passes',
          description: 'By result.',
          unit: 'ops',
          queries: [
            { expr: 'sum by (result) (rate(orderpipeline_reconcile_total[$__rate_interval]))', legend: '{{ result }}' },
          ],
        },
        {
          title: 'Time of a reconcile (p95)',
          description: 'By priority: edits or background.',
          unit: 's',
          queries: [
            {
              expr: 'histogram_quantile(0.95, sum by (le, priority) (rate(orderpipeline_reconcile_seconds_bucket[$__rate_interval])))',
              legend: '{{ priority }}',
            },
          ],
        },
        {
          title: 'Queue',
          description: 'Pipelines that wait for a worker.',
          unit: 'short',
          queries: [{ expr: 'sum by (priority) (orderpipeline_queue_depth)', legend: '{{ priority }}' }],
        },
        {
          title: 'Requests to the API server',
          description: 'By verb. A settled system makes almost none.',
          unit: 'reqps',
          queries: [
            { expr: 'sum by (verb) (rate(orderpipeline_api_requests_total[$__rate_interval]))', legend: '{{ verb }}' },
          ],
        },
        {
          title: 'Leader',
          description: '1 for the replica that leads.',
          unit: 'short',
          queries: [{ expr: 'orderpipeline_leader', legend: '{{ pod }}' }],
        },
        {
          title: 'Failed reads of lag',
          description: 'Kafka did not answer.',
          unit: 'ops',
          queries: [{ expr: 'sum(rate(orderpipeline_lag_read_failures_total[$__rate_interval]))', legend: 'failures' }],
        },
      ],
    },
  ],
}
