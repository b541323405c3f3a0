// What does the dashboard of a pipeline and that of a stage show? Whether orders flow, which stage
// is slow, and why it has its replicas.
import { ofPods, pipelineVariables } from './dashboard.ts'
import type { Dashboard, Panel } from './dashboard.ts'

const ofPipeline = 'namespace="$namespace",pipeline="$pipeline"'
const ofStage = `${ofPipeline},stage="$stage"`
const ofStagePods = `${ofPods},orderpipeline_dev_stage="$stage"`

function byStage(title: string, description: string, unit: string, metric: string): Panel {
  return {
    title,
    description,
    unit,
    queries: [{ expr: `${metric}{${ofPipeline}}`, legend: '{{ stage }}' }],
  }
}

export const pipeline: Dashboard = {
  uid: 'orderpipeline-pipeline',
  title: 'OrderPipeline / Pipeline',
  variables: pipelineVariables,
  rows: [
    {
      title: 'Do orders flow?',
      panels: [
        byStage(
          'Lag in seconds',
          'Time that a message arriving now would wait for each stage. The stage with the highest value is the bottleneck.',
          's',
          'orderpipeline_group_lag_seconds',
        ),
        byStage('Lag', 'Messages that wait for each stage.', 'short', 'orderpipeline_group_lag'),
        byStage(
          'Arrivals',
          'Messages per second that arrive for each stage.',
          'ops',
          'orderpipeline_group_arrived_per_second',
        ),
        byStage(
          'Time to drain',
          'Time until nothing waits for each stage, at the present rates. A stage whose lag grows has no line.',
          's',
          'orderpipeline_group_drain_seconds',
        ),
        byStage(
          'Consumed',
          'Messages per second that each stage consumes.',
          'ops',
          'orderpipeline_group_consumed_per_second',
        ),
      ],
    },
    {
      title: 'Scaling',
      panels: [
        byStage(
          'Desired replicas',
          'The number that the autoscaler asks for.',
          'short',
          'orderpipeline_stage_replicas_desired',
        ),
        byStage(
          'Ready replicas',
          'The replicas that run and are ready.',
          'short',
          'orderpipeline_stage_replicas_ready',
        ),
        byStage(
          'Capacity',
          'Orders per second that each stage can handle with maxReplicas. The lowest value limits the pipeline.',
          'ops',
          'orderpipeline_stage_capacity_orders_per_second',
        ),
        {
          title: 'Conditions',
          description: '1 while the condition holds.',
          unit: 'short',
          queries: [{ expr: `orderpipeline_condition{${ofPipeline}}`, legend: '{{ type }}' }],
        },
      ],
    },
    {
      title: 'Objectives',
      panels: [
        {
          title: 'Error budget left',
          description:
            'Of the last 30 days. At 0 the objective is missed. Only pipelines with objectives in spec.slo have it.',
          unit: 'percentunit',
          queries: [{ expr: `orderpipeline:slo_error_budget_left:ratio{${ofPipeline}}`, legend: '{{ slo }}' }],
        },
        {
          title: 'Burn rate',
          description:
            'Speed at which the last hour spent the error budget: 1 spends it in exactly 30 days. Above 14.4 an alert is critical.',
          unit: 'short',
          queries: [
            {
              expr: `orderpipeline:slo_errors:ratio_rate1h{${ofPipeline}} / on (namespace, pipeline, slo) orderpipeline:slo_error_budget:ratio{${ofPipeline}}`,
              legend: '{{ slo }}',
            },
          ],
        },
      ],
    },
    {
      title: 'Orders',
      panels: [
        {
          title: 'Active orders',
          description: 'Orders that have not ended, by status.',
          unit: 'short',
          queries: [{ expr: `max by (status) (orders_active{${ofPods}})`, legend: '{{ status }}' }],
        },
        {
          title: 'Time from acceptance to the end (p95)',
          description: 'By the final status of the order.',
          unit: 's',
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (le, status) (rate(orders_processing_seconds_bucket{${ofPods}}[$__rate_interval])))`,
              legend: '{{ status }}',
            },
          ],
        },
        byStage(
          'Open dead letters',
          'Messages given up that have been neither replayed nor discarded. Each is an order that makes no progress.',
          'short',
          'orderpipeline_stage_dead_letters_open',
        ),
        {
          title: 'Messages given up',
          description: 'In an hour, by stage and reason, whether or not they were replayed since.',
          unit: 'short',
          queries: [
            {
              expr: `sum by (orderpipeline_dev_stage, reason) (increase(orderpipeline_stage_dead_letters_total{${ofPods}}[1h])) or vector(0)`,
              legend: '{{ orderpipeline_dev_stage }} {{ reason }}',
            },
          ],
        },
        {
          title: 'Refunds due',
          description: 'Minor units that are due to customers. It must return to 0.',
          unit: 'short',
          queries: [
            { expr: `max by (currency) (payment_owed_cents{${ofPods}}) or vector(0)`, legend: '{{ currency }}' },
          ],
        },
      ],
    },
  ],
}

export const stage: Dashboard = {
  uid: 'orderpipeline-stage',
  title: 'OrderPipeline / Stage',
  variables: {
    ...pipelineVariables,
    stage: 'label_values(orderpipeline_group_lag{namespace="$namespace",pipeline="$pipeline"}, stage)',
  },
  rows: [
    {
      title: 'Why this many replicas?',
      panels: [
        {
          title: 'Replicas',
          description: 'Desired and ready replicas between the bounds of the spec.',
          unit: 'short',
          queries: ['desired', 'ready', 'min', 'max'].map((which) => ({
            expr: `orderpipeline_stage_replicas_${which}{${ofStage}}`,
            legend: which,
          })),
        },
        {
          title: 'Lag',
          description: 'Messages that wait. The autoscaler follows it.',
          unit: 'short',
          queries: [{ expr: `orderpipeline_group_lag{${ofStage}}`, legend: 'lag' }],
        },
        {
          title: 'Arrived and consumed',
          description: 'Lag grows while more messages arrive than are consumed.',
          unit: 'ops',
          queries: ['arrived', 'consumed'].map((which) => ({
            expr: `orderpipeline_group_${which}_per_second{${ofStage}}`,
            legend: which,
          })),
        },
        {
          title: 'Time to drain',
          description: 'Time until nothing waits, at the present rates. There is no line while the lag grows.',
          unit: 's',
          queries: [{ expr: `orderpipeline_group_drain_seconds{${ofStage}}`, legend: 'time to drain' }],
        },
        {
          title: 'Open dead letters',
          description: 'Messages given up that have been neither replayed nor discarded.',
          unit: 'short',
          queries: [{ expr: `orderpipeline_stage_dead_letters_open{${ofStage}}`, legend: 'dead letters' }],
        },
        {
          title: 'Standstill in rebalances',
          description:
            'Share of the time in which the partitions of a replica were not fetched because the group rebalanced: of the replica that stood still longest, and the mean of all.',
          unit: 'percentunit',
          queries: (['max', 'avg'] as const).map((which) => ({
            expr: `${which}(rate(orderpipeline_stage_rebalance_standstill_seconds_total{${ofStagePods}}[$__rate_interval]))`,
            legend: which === 'max' ? 'longest' : 'mean',
          })),
        },
        {
          title: 'Rebalances',
          description: 'Each one moves partitions, and the group pauses meanwhile.',
          unit: 'short',
          queries: [
            { expr: `max(increase(orderpipeline_stage_rebalances_total{${ofStagePods}}[5m]))`, legend: 'in 5 minutes' },
          ],
        },
      ],
    },
    {
      title: 'Work',
      panels: [
        {
          title: 'Processing time of a message',
          description: 'From the start until its effect is stored and its events are published.',
          unit: 's',
          queries: [0.5, 0.95, 0.99].map((quantile) => ({
            expr: `histogram_quantile(${quantile}, sum by (le) (rate(orderpipeline_stage_processing_seconds_bucket{${ofStagePods}}[$__rate_interval])))`,
            legend: `p${quantile * 100}`,
          })),
        },
        {
          title: 'Messages per transaction (mean)',
          description: 'A larger number is cheaper.',
          unit: 'short',
          queries: [
            {
              expr:
                `sum(rate(orderpipeline_stage_batch_size_sum{${ofStagePods}}[$__rate_interval])) / ` +
                `sum(rate(orderpipeline_stage_batch_size_count{${ofStagePods}}[$__rate_interval]))`,
              legend: 'messages',
            },
          ],
        },
        {
          title: 'Waiting by class',
          description:
            'Messages that wait for a place in the concurrency. Only a stage with weights of the classes has it.',
          unit: 'short',
          queries: [
            {
              expr: `sum by (class) (orderpipeline_stage_waiting{${ofStagePods}})`,
              legend: '{{ class }}',
            },
          ],
        },
        {
          title: 'Holding',
          description: 'Replicas that handle no messages, because a system that they need is unavailable.',
          unit: 'short',
          queries: [{ expr: `sum(orderpipeline_stage_holding{${ofStagePods}})`, legend: 'replicas' }],
        },
        {
          title: 'Retries',
          description: 'Messages that are retried.',
          unit: 'ops',
          queries: [
            {
              expr: `sum(rate(orderpipeline_stage_retries_total{${ofStagePods}}[$__rate_interval])) or vector(0)`,
              legend: 'retries',
            },
          ],
        },
      ],
    },
    {
      title: 'Processes',
      panels: [
        {
          title: 'CPU',
          description: 'Cores, by pod.',
          unit: 'short',
          queries: [{ expr: `rate(process_cpu_seconds_total{${ofStagePods}}[$__rate_interval])`, legend: '{{ pod }}' }],
        },
        {
          title: 'Memory',
          description: 'Resident, by pod.',
          unit: 'bytes',
          queries: [{ expr: `process_resident_memory_bytes{${ofStagePods}}`, legend: '{{ pod }}' }],
        },
      ],
    },
  ],
}
