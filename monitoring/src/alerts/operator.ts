// Which alerts are about the operator itself?
import type { AlertGroup } from './alert.ts'

function pod(name: string): string {
  return `namespace="operator",pod="${name}"`
}

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
        meaning:
          'Orders go on, and KEDA still scales. Edits of pipelines have no effect, and the operator repairs no object.',
        look: ['`kubectl get lease`: the last holder.', 'The log of the operator: the answers of the API server.'],
        act: ['Start the operator again. If its pods are refused, `kubectl describe` of its ReplicaSet says why.'],
      },
      fires: {
        title: 'no replica leads',
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
      summary: 'Reconciles of the OrderPipeline operator fail with unexpected errors',
      runbook: {
        meaning:
          'The operator cannot reconcile some pipeline. The cause is a defect, or an unexpected answer of the API server.',
        look: ['The log of the operator at level error: the pipeline and the error.'],
        act: ['Report it with that log line.'],
      },
      fires: {
        title: 'repeated errors',
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
      summary: 'Edits of OrderPipelines always wait for the operator',
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
          title: 'a queue of background reconciles',
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
      summary: 'Another writer changes {{ $labels.kind }} objects of pipelines back, hour after hour',
      runbook: {
        meaning:
          'The operator restores fields that differ from the pipeline, and another writer changes them again: a mutating webhook, another controller, a script. Each repair is a wasted write, and for a while the object differs from the pipeline.',
        look: [
          '`kubectl get op -A`: a pipeline whose Configured has the reason Contested names the object and the field in its message.',
          '`kubectl get <kind> <name> -o yaml --show-managed-fields`: who wrote the field last.',
        ],
        act: [
          'Exempt objects with the label `app.kubernetes.io/managed-by=orderpipeline` from the webhook, or set in the pipeline the value that the other writer wants.',
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
          'Two installations of the operator watch one namespace. Pipelines work: only the installation in `status.operator.name` acts.',
        look: [
          '`kubectl get op -A -o custom-columns=NAME:.metadata.name,ACTS:.status.operator.name,STANDS-BY:.status.operator.standby.name`',
        ],
        act: [
          'Uninstall one of the two, or give each a `watchNamespace` of its own. The one that stands by acts a minute after the other has ended.',
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
