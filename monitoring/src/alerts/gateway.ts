// Which alerts are about the gateway? Its error budget burns too fast, it refuses orders, or its
// limits are not shared.
import { pod } from './alert.ts'
import type { AlertGroup } from './alert.ts'

/** Share of requests that may fail in 30 days. */
export const errorBudget = 0.001

const failed = 'http_requests_total{orderpipeline_dev_stage="gateway",status=~"5.."}'
const all = 'http_requests_total{orderpipeline_dev_stage="gateway"}'
const by = 'sum by (namespace, orderpipeline_dev_pipeline)'
function ratio(window: string): string {
  return `${by} (rate(${failed}[${window}])) / ${by} (rate(${all}[${window}]))`
}

/**
 * Burn rates and windows of the Site Reliability Workbook, chapter 5: 2 % of 30 days' budget in an
 * hour, 5 % in six hours. The short window ends the alert soon after the errors have ended.
 */
function burns(rate: number, long: string, short: string): string {
  return `${ratio(long)} > ${rate} * ${errorBudget}\nand ${ratio(short)} > ${rate} * ${errorBudget}`
}

function requests(status: string): string {
  return `http_requests_total{${pod('gateway')},method="POST",route="/v1/orders",status="${status}"}`
}

function codes(outcome: string): string {
  return `${by} (increase(gateway_phone_codes_total{outcome="${outcome}"}[1h]))`
}

function codeSeries(outcome: string): string {
  return `gateway_phone_codes_total{${pod('gateway')},outcome="${outcome}"}`
}

const budgetRunbook = {
  meaning: 'Requests of customers fail. 0.1 % of 30 days is the budget for that.',
  look: [
    '`http_requests_total` by route and status: which requests fail, and since when.',
    'The log of the gateway at level error, with the id of the request.',
  ],
  act: [
    'Restore the system that the gateway cannot reach, most often PostgreSQL. 503 with Retry-After is load shedding: see OrderPipelineOrdersShed.',
  ],
}

export const gateway: AlertGroup = {
  name: 'orderpipeline-gateway',
  alerts: [
    {
      name: 'OrderPipelineGatewayErrorsFast',
      expr: burns(14.4, '1h', '5m'),
      for: '2m',
      severity: 'critical',
      summary:
        '{{ $value | humanizePercentage }} of the requests to {{ $labels.orderpipeline_dev_pipeline }} failed in the last hour',
      runbook: budgetRunbook,
      fires: {
        title: 'one request in twenty fails',
        series: { [requests('202')]: '0+95x120', [requests('500')]: '0+5x120' },
        at: '90m',
      },
      quiet: [
        {
          title: 'one request in 2,000 fails',
          series: { [requests('202')]: '0+1999x120', [requests('500')]: '0+1x120' },
          at: '90m',
        },
        {
          title: 'an outage that has ended',
          series: { [requests('202')]: '0+100x120', [requests('500')]: '0+20x20 400x100' },
          at: '50m',
        },
      ],
    },
    {
      name: 'OrderPipelineGatewayErrorsSlow',
      expr: burns(6, '6h', '30m'),
      for: '15m',
      severity: 'warning',
      summary:
        '{{ $value | humanizePercentage }} of the requests to {{ $labels.orderpipeline_dev_pipeline }} failed in the last six hours',
      runbook: budgetRunbook,
      fires: {
        title: 'one request in a hundred fails',
        series: { [requests('202')]: '0+99x480', [requests('500')]: '0+1x480' },
        at: '7h',
      },
      quiet: [
        {
          title: 'one request in 2,000 fails',
          series: { [requests('202')]: '0+1999x480', [requests('500')]: '0+1x480' },
          at: '7h',
        },
      ],
    },
    {
      name: 'OrderPipelineOrdersShed',
      expr: 'sum by (namespace, orderpipeline_dev_pipeline) (rate(gateway_orders_shed_total{class!="low"}[5m])) > 0',
      for: '5m',
      severity: 'critical',
      summary:
        'The gateway of {{ $labels.orderpipeline_dev_pipeline }} refuses orders, because they would wait too long',
      runbook: {
        meaning: 'Customers get 503 with Retry-After. Orders that were accepted are not affected.',
        look: [
          '`gateway_expected_wait_seconds`: how long an order would wait.',
          '`orderpipeline top`: the stage with the longest lag.',
        ],
        act: ['Raise `maxReplicas` of that stage, or the wait that the gateway allows (PROMISE_SECONDS).'],
      },
      fires: {
        title: 'orders that are refused',
        series: { [`gateway_orders_shed_total{${pod('gateway')}}`]: '0+10x60' },
        at: '30m',
      },
      quiet: [
        {
          title: 'a counter that does not grow',
          series: { [`gateway_orders_shed_total{${pod('gateway')}}`]: '90x60' },
          at: '30m',
        },
        {
          title: 'orders of the lowest class that are refused, as configured',
          series: { [`gateway_orders_shed_total{${pod('gateway')},class="low"}`]: '0+10x60' },
          at: '30m',
        },
      ],
    },
    {
      name: 'OrderPipelineLowOrdersShed',
      expr: 'sum by (namespace, orderpipeline_dev_pipeline) (rate(gateway_orders_shed_total{class="low"}[5m])) > 0',
      for: '30m',
      severity: 'warning',
      summary:
        'The gateway of {{ $labels.orderpipeline_dev_pipeline }} has refused orders of the class low for half an hour',
      runbook: {
        meaning:
          'The load is near what the pipeline carries, and the lowest class makes way as configured. Orders that were accepted are not affected.',
        look: [
          '`gateway_expected_wait_seconds`: how long an order would wait.',
          '`orderpipeline top`: the stage with the longest lag.',
        ],
        act: ['Raise `maxReplicas` of that stage, if low orders are not to wait for a quieter hour.'],
      },
      fires: {
        title: 'low orders that are refused',
        series: { [`gateway_orders_shed_total{${pod('gateway')},class="low"}`]: '0+10x90' },
        at: '80m',
      },
      quiet: [
        {
          title: 'standard orders that are refused',
          series: { [`gateway_orders_shed_total{${pod('gateway')},class="standard"}`]: '0+10x90' },
          at: '80m',
        },
      ],
    },
    {
      name: 'OrderPipelinePhoneCodesUnconfirmed',
      expr: `${codes('confirmed')} < 0.2 * ${codes('requested')}\nand ${codes('requested')} > 50`,
      for: '10m',
      severity: 'warning',
      summary:
        'Customers of {{ $labels.orderpipeline_dev_pipeline }} request codes for phone numbers and do not confirm them',
      runbook: {
        meaning:
          'The codes do not arrive, or somebody requests them for numbers of others, with whose provider they may share the price of each SMS. `SMS_CODES_PER_HOUR` bounds the expense.',
        look: [
          '`mails_total{lane="sms-code"}` by outcome, and the provider\'s log: do the SMS arrive, and in which countries?',
          '`SELECT left(phone, 5), count(DISTINCT customer_id), count(*) FROM notification.phone_codes GROUP BY 1 ORDER BY 3 DESC`',
        ],
        act: [
          'Limit the countries at the provider to those of the shop, and lower `SMS_CODES_PER_HOUR`.',
          'Block the customers, and have new accounts prove a mail address before they get a token.',
        ],
      },
      fires: {
        title: 'many codes, and none posted back',
        series: { [codeSeries('requested')]: '0+5x120', [codeSeries('confirmed')]: '0x120' },
        at: '100m',
      },
      quiet: [
        {
          title: 'most codes are posted back',
          series: { [codeSeries('requested')]: '0+5x120', [codeSeries('confirmed')]: '0+4x120' },
          at: '100m',
        },
        {
          title: 'a few customers',
          series: { [codeSeries('requested')]: '0+1x40 40x80', [codeSeries('confirmed')]: '0x120' },
          at: '40m',
        },
      ],
    },
    {
      name: 'OrderPipelineRateLimitNotShared',
      expr:
        'min by (namespace, orderpipeline_dev_pipeline) (gateway_rate_limit_shared) == 0\n' +
        'and max by (namespace, orderpipeline_dev_pipeline) (max_over_time(gateway_rate_limit_shared[1d])) == 1',
      for: '10m',
      severity: 'warning',
      summary: 'Replicas of the gateway of {{ $labels.orderpipeline_dev_pipeline }} count requests separately',
      runbook: {
        meaning:
          'Redis does not answer, or has become a replica and refuses writes. Each replica of the gateway allows a caller its full limit. Orders go on.',
        look: ['The log of the gateway: the answer of Redis.'],
        act: [
          'Restore Redis, or point the name in `REDIS_URL` to the primary. The gateway then shares its counts again without a restart.',
        ],
      },
      fires: {
        title: 'a replica that lost Redis',
        series: {
          [`gateway_rate_limit_shared{${pod('gateway')}}`]: '1x10 0x60',
          [`gateway_rate_limit_shared{${pod('gateway', 'b')}}`]: '1x70',
        },
        at: '40m',
      },
      quiet: [
        {
          title: 'a gateway without Redis',
          series: { [`gateway_rate_limit_shared{${pod('gateway')}}`]: '0x60' },
          at: '40m',
        },
      ],
    },
  ],
}
