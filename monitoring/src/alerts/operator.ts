// Which alerts tell of the operator itself?
import type { AlertGroup } from './alert.ts'

const pod = (name: string): string => `namespace="operator",pod="${name}"`

export const operator: AlertGroup = {
  name: 'orderpipeline-operator',
  alerts: [
    {
      name: 'OrderPipelineOperatorWithoutLeader',
      expr: '(sum(orderpipeline_leader) or vector(0)) == 0',
      for: '5m',
      severity: 'critical',
      summary: 'No replica of the OrderPipeline operator leads',
      runbook: {
        meaning: 'Orders go on and KEDA goes on scaling. Edits have no effect, and nothing is repaired.',
        look: ['`kubectl get lease`: who held it last.', 'The log of the operator: what the API server answers.'],
        act: ['Start the operator again. If its pods are refused, `kubectl describe` of its ReplicaSet says why.'],
      },
      fires: {
        title: 'replicas of which none leads',
        series: { [`orderpipeline_leader{${pod('a')}}`]: '0x60' },
        at: '20m',
      },
      quiet: [
        {
          title: 'a change of leader',
          series: {
            [`orderpipeline_leader{${pod('a')}}`]: '1x5 _x60',
            [`orderpipeline_leader{${pod('b')}}`]: '0x7 1x60',
          },
          at: '20m',
        },
      ],
    },
    {
      name: 'OrderPipelineOperatorErrors',
      expr: 'sum(increase(orderpipeline_reconcile_total{result="error"}[15m])) > 3',
      for: '15m',
      severity: 'warning',
      summary: 'Passes of the OrderPipeline operator fail with errors that it does not know',
      runbook: {
        meaning: 'Some pipeline is not followed. This is a defect, or an API server that answers what nobody expects.',
        look: ['The log of the operator at level error: the pipeline and the error.'],
        act: ['Report it with that log line.'],
      },
      fires: {
        title: 'errors again and again',
        series: { [`orderpipeline_reconcile_total{${pod('a')},result="error"}`]: '0+1x60' },
        at: '50m',
      },
      quiet: [
        {
          title: 'one error',
          series: { [`orderpipeline_reconcile_total{${pod('a')},result="error"}`]: '0x20 1x60' },
          at: '50m',
        },
      ],
    },
    {
      name: 'OrderPipelineOperatorBusy',
      expr: 'min_over_time(orderpipeline_queue_depth{priority="edit"}[5m]) > 0',
      for: '5m',
      severity: 'warning',
      summary: 'Edits of OrderPipelines wait for the operator all the time',
      runbook: {
        meaning: 'Edits take effect late.',
        look: [
          '`orderpipeline_queue_wait_seconds`, `orderpipeline_api_request_seconds`: whether the API server is slow.',
        ],
        act: ['Give the operator more CPU, or raise WORKERS.'],
      },
      fires: {
        title: 'a queue that is never empty',
        series: { [`orderpipeline_queue_depth{${pod('a')},priority="edit"}`]: '3x60' },
        at: '30m',
      },
      quiet: [
        {
          title: 'a queue in the background',
          series: { [`orderpipeline_queue_depth{${pod('a')},priority="background"}`]: '30x60' },
          at: '30m',
        },
      ],
    },
  ],
}
