// What does the dashboard of a shop show? How orders end, what waits for a person, and whether
// money, goods and messages follow the orders.
import { ofPods, pipelineVariables } from './dashboard.ts'
import type { Dashboard } from './dashboard.ts'

export const shop: Dashboard = {
  uid: 'orderpipeline-shop',
  title: 'OrderPipeline / Shop',
  variables: pipelineVariables,
  rows: [
    {
      title: 'How orders end',
      panels: [
        {
          title: 'Ends of orders',
          description: 'Orders per second that were confirmed, shipped or cancelled.',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (status) (rate(orders_processing_seconds_count{${ofPods}}[$__rate_interval]))`,
              legend: '{{ status }}',
            },
          ],
        },
        {
          title: 'Shipped orders among all that ended',
          description:
            'The rest was cancelled. A cancellation is an end as well: refused cards, goods that are sold out.',
          unit: 'percentunit',
          queries: [
            {
              expr:
                `sum(rate(orders_processing_seconds_count{${ofPods},status="SHIPPED"}[$__rate_interval])) / ` +
                `sum(rate(orders_processing_seconds_count{${ofPods},status=~"SHIPPED|CANCELLED"}[$__rate_interval]))`,
              legend: 'shipped',
            },
          ],
        },
        {
          title: 'Held orders',
          description: 'Orders that wait for the decision of a person, and the age of the oldest.',
          unit: 'short',
          queries: [
            { expr: `max(orders_held{${ofPods}})`, legend: 'orders' },
            { expr: `max(orders_held_oldest_seconds{${ofPods}}) / 3600`, legend: 'hours of the oldest' },
          ],
        },
        {
          title: 'Decisions about held orders',
          description: 'Per hour. Decisions by time are those that no person made.',
          unit: 'short',
          queries: [
            {
              expr: `sum by (outcome, by) (increase(orders_hold_decisions_total{${ofPods}}[1h])) or vector(0)`,
              legend: '{{ outcome }} by {{ by }}',
            },
          ],
        },
      ],
    },
    {
      title: 'Estimates',
      panels: [
        {
          title: 'Estimate for a new order',
          description:
            'Time until an order that arrives now is shipped, by pod. Without a value until one has been shipped.',
          unit: 's',
          queries: [{ expr: `gateway_estimate_seconds{${ofPods}}`, legend: '{{ pod }}' }],
        },
        {
          title: 'Error of the estimates',
          description: 'Above 0 orders take longer than customers were told.',
          unit: 's',
          queries: [0.5, 0.95].map((quantile) => ({
            expr: `histogram_quantile(${quantile}, sum by (le) (rate(gateway_estimate_error_seconds_bucket{${ofPods}}[$__rate_interval])))`,
            legend: `p${quantile * 100}`,
          })),
        },
      ],
    },
    {
      title: 'Money',
      panels: [
        {
          title: 'Refunds due',
          description: 'By reason. It must return to 0.',
          unit: 'short',
          queries: [{ expr: `max by (reason) (payment_refunds_due{${ofPods}}) or vector(0)`, legend: '{{ reason }}' }],
        },
        {
          title: 'Disputes',
          description: 'Payments that customers have disputed at their bank, by status.',
          unit: 'short',
          queries: [{ expr: `max by (status) (payment_disputes{${ofPods}})`, legend: '{{ status }}' }],
        },
        {
          title: 'Differences from the provider',
          description: 'By kind. Each one waits for a person.',
          unit: 'short',
          queries: [{ expr: `max by (kind) (payment_differences_open{${ofPods}})`, legend: '{{ kind }}' }],
        },
        {
          title: 'Age of the last compared payments',
          description: 'By pass: soon is an hour behind and late a week, unless they are set otherwise.',
          unit: 's',
          queries: [{ expr: `max by (pass) (payment_reconciled_age_seconds{${ofPods}})`, legend: '{{ pass }}' }],
        },
      ],
    },
    {
      title: 'Goods and messages',
      panels: [
        {
          title: 'Parcels',
          description: 'Parcels per hour by their status. It is 0 without a carrier.',
          unit: 'short',
          queries: [
            {
              expr: `sum by (status) (increase(shipping_parcels_total{${ofPods}}[1h])) or vector(0)`,
              legend: '{{ status }}',
            },
          ],
        },
        {
          title: 'Calls to the carrier',
          description: 'By call and outcome. It is 0 without a carrier.',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (call, outcome) (rate(carrier_calls_total{${ofPods}}[$__rate_interval])) or vector(0)`,
              legend: '{{ call }} {{ outcome }}',
            },
          ],
        },
        {
          title: 'Stock events',
          description: 'Published levels and replenishments per second. It is 0 where levels of stock are off.',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (type) (rate(inventory_stock_events_total{${ofPods}}[$__rate_interval])) or vector(0)`,
              legend: '{{ type }}',
            },
          ],
        },
        {
          title: 'Messages to customers',
          description: 'Attempts per second by lane and outcome. What was not taken is sent again.',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (lane, outcome) (rate(mails_total{${ofPods}}[$__rate_interval]))`,
              legend: '{{ lane }} {{ outcome }}',
            },
          ],
        },
      ],
    },
  ],
}
