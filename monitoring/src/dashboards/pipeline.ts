// What does the dashboard of a pipeline and that of a stage show? Whether orders flow, which stage
// is slow, and why it has its replicas.
import { type Dashboard, ofPods, type Panel, pipelineVariables } from './dashboard.ts'

const ofPipeline = 'namespace="$namespace",pipeline="$pipeline"'
const ofStage = `${ofPipeline},stage="$stage"`
const ofStagePods = `${ofPods},orderpipeline_dev_stage="$stage"`

const byStage = (title: string, description: string, unit: string, metric: string): Panel => ({
  title,
  description,
  unit,
  queries: [{ expr: `${metric}{${ofPipeline}}`, legend: '{{ stage }}' }],
})

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
          'How long a message that comes now waits for each stage. The highest one is the bottleneck.',
          's',
          'orderpipeline_group_lag_seconds',
        ),
        byStage('Lag', 'Messages that wait for each stage.', 'short', 'orderpipeline_group_lag'),
        byStage(
          'Arrivals',
          'Messages a second that come to each stage.',
          'ops',
          'orderpipeline_group_arrived_per_second',
        ),
        byStage(
          'Consumed',
          'Messages a second that each stage consumes.',
          'ops',
          'orderpipeline_group_consumed_per_second',
        ),
      ],
    },
    {
      title: 'Scaling',
      panels: [
        byStage('Replicas wanted', 'What the autoscaler asks for.', 'short', 'orderpipeline_stage_replicas_desired'),
        byStage('Replicas ready', 'What runs and is ready.', 'short', 'orderpipeline_stage_replicas_ready'),
        byStage(
          'Capacity',
          'Orders a second that each stage carries with all its replicas. The lowest one bounds the pipeline.',
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
      title: 'Orders',
      panels: [
        {
          title: 'Orders under way',
          description: 'Orders that have not come to their end, by status.',
          unit: 'short',
          queries: [{ expr: `max by (status) (orders_active{${ofPods}})`, legend: '{{ status }}' }],
        },
        {
          title: 'Time from acceptance to the end (p95)',
          description: 'By how the order ended.',
          unit: 's',
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (le, status) (rate(orders_processing_seconds_bucket{${ofPods}}[5m])))`,
              legend: '{{ status }}',
            },
          ],
        },
        {
          title: 'Dead letters',
          description: 'Messages that a stage gave up, in all. Each is an order that stands still.',
          unit: 'short',
          queries: [
            {
              expr: `sum by (orderpipeline_dev_stage, reason) (orderpipeline_stage_dead_letters_total{${ofPods}}) or vector(0)`,
              legend: '{{ orderpipeline_dev_stage }} {{ reason }}',
            },
          ],
        },
        {
          title: 'Money owed',
          description: 'Minor units that have to go back to customers. Must come back to 0.',
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
          description: 'Wanted and ready between the bounds of the spec.',
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
          description: 'Lag grows while more arrives than is consumed.',
          unit: 'ops',
          queries: ['arrived', 'consumed'].map((which) => ({
            expr: `orderpipeline_group_${which}_per_second{${ofStage}}`,
            legend: which,
          })),
        },
        {
          title: 'Rebalances',
          description: 'Each moves partitions, and the group stands still meanwhile.',
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
          title: 'Time a message takes',
          description: 'From taking it to its effect and events being out.',
          unit: 's',
          queries: [0.5, 0.95, 0.99].map((quantile) => ({
            expr: `histogram_quantile(${quantile}, sum by (le) (rate(orderpipeline_stage_processing_seconds_bucket{${ofStagePods}}[5m])))`,
            legend: `p${quantile * 100}`,
          })),
        },
        {
          title: 'Messages that share a transaction (mean)',
          description: 'More is cheaper.',
          unit: 'short',
          queries: [
            {
              expr:
                `sum(rate(orderpipeline_stage_batch_size_sum{${ofStagePods}}[5m])) / ` +
                `sum(rate(orderpipeline_stage_batch_size_count{${ofStagePods}}[5m]))`,
              legend: 'messages',
            },
          ],
        },
        {
          title: 'Holding',
          description: 'Replicas that take no messages, as what they need is away.',
          unit: 'short',
          queries: [{ expr: `sum(orderpipeline_stage_holding{${ofStagePods}})`, legend: 'replicas' }],
        },
        {
          title: 'Retries',
          description: 'Messages that are tried again.',
          unit: 'ops',
          queries: [
            {
              expr: `sum(rate(orderpipeline_stage_retries_total{${ofStagePods}}[5m])) or vector(0)`,
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
          queries: [{ expr: `rate(process_cpu_seconds_total{${ofStagePods}}[5m])`, legend: '{{ pod }}' }],
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
