// Which alerts are about the operator itself?
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
    {
      name: 'OrderPipelineDriftRepairs',
      expr:
        'sum by (kind) (increase(orderpipeline_drift_repairs_total[1h])) > 0\n' +
        'and sum by (kind) (increase(orderpipeline_drift_repairs_total[1h] offset 1h)) > 0\n' +
        'and sum by (kind) (increase(orderpipeline_drift_repairs_total[1h] offset 2h)) > 0',
      for: '10m',
      severity: 'warning',
      summary: 'Something changes {{ $labels.kind }} objects of pipelines back, hour after hour',
      runbook: {
        meaning:
          'The operator puts back what differs from the pipeline, and something changes it again: a mutating webhook, another controller, a script. Each is a write for nothing, and for a while the object is not as the pipeline says.',
        look: [
          '`kubectl get op -A`: a pipeline whose Configured has the reason Contested names the object and the field.',
          '`kubectl get <kind> <name> -o yaml --show-managed-fields`: who wrote the field last.',
        ],
        act: [
          'Exempt objects with the label `app.kubernetes.io/managed-by=orderpipeline` from the webhook, or say in the pipeline what it wants.',
        ],
      },
      fires: {
        title: 'an object that is repaired every 30 minutes',
        series: {
          [`orderpipeline_drift_repairs_total{${pod('a')},kind="Deployment"}`]:
            '0x10 1x29 2x29 3x29 4x29 5x29 6x29 7x29 8x60',
        },
        at: '230m',
      },
      quiet: [
        {
          title: 'one edit by hand of many objects',
          series: { [`orderpipeline_drift_repairs_total{${pod('a')},kind="Deployment"}`]: '0x120 9x200' },
          at: '230m',
        },
      ],
    },
    {
      name: 'OrderPipelineSecondOperator',
      expr: 'max by (namespace, pod) (orderpipeline_pipelines_standing_by) > 0',
      for: '15m',
      severity: 'warning',
      summary: 'The operator {{ $labels.pod }} stands by for {{ $value }} pipelines that another installation acts on',
      runbook: {
        meaning:
          'Two installations of the operator watch one namespace. Nothing is broken: the one on record in `status.operator.name` acts.',
        look: [
          '`kubectl get op -A -o custom-columns=NAME:.metadata.name,ACTS:.status.operator.name,STANDS-BY:.status.operator.standby.name`',
        ],
        act: [
          'Uninstall one of the two, or give each a `watchNamespace` of its own. One that stands by acts a minute after the other is gone.',
        ],
      },
      fires: {
        title: 'a second installation',
        series: {
          [`orderpipeline_pipelines_standing_by{${pod('a')}}`]: '0x60',
          [`orderpipeline_pipelines_standing_by{${pod('b')}}`]: '2x60',
        },
        at: '30m',
      },
      quiet: [
        {
          title: 'a hand-over to another installation',
          series: { [`orderpipeline_pipelines_standing_by{${pod('b')}}`]: '2x5 0x60' },
          at: '30m',
        },
      ],
    },
  ],
}
