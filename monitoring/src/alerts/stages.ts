// Which alerts are about pipelines and their stages? All use the operator's metrics, and the
// stages' own metrics where only a stage has the figure.
import { stage } from './alert.ts'
import type { AlertGroup } from './alert.ts'
import { stageMessages } from './stage-messages.ts'
import { stageScaling } from './stage-scaling.ts'
import { condition, desiredReplicas } from './stage-series.ts'

export const stages: AlertGroup = {
  name: 'orderpipeline-stages',
  alerts: [
    {
      name: 'OrderPipelineNotReady',
      expr:
        'orderpipeline_condition{type="Ready"} == 0\n' +
        'and on (namespace, pipeline) sum by (namespace, pipeline) (orderpipeline_stage_replicas_desired) > 0',
      for: '15m',
      severity: 'critical',
      summary: 'OrderPipeline {{ $labels.namespace }}/{{ $labels.pipeline }} has not been Ready for 15 minutes',
      runbook: {
        meaning: 'Topics, pods, autoscalers or the configuration of the pipeline do not work.',
        look: [
          '`kubectl describe orderpipeline <name>`: the message of the condition that is False says why, and Events say since when.',
          '`orderpipeline explain <name>`: the reason why each stage waits, with the message of the pod.',
        ],
        act: [
          'Repair what the condition names. The operator retries by itself.',
          'A suspended pipeline is intentionally not Ready. Its alert does not fire, because it has no desired replicas.',
        ],
      },
      fires: {
        title: 'a pipeline is not Ready and has desired replicas',
        series: { [condition('Ready')]: '0x60', [desiredReplicas]: '5x60' },
        at: '30m',
      },
      quiet: [
        {
          title: 'a suspended pipeline',
          series: { [condition('Ready')]: '0x60', [desiredReplicas]: '0x60' },
          at: '30m',
        },
        {
          title: 'a pipeline that starts',
          series: { [condition('Ready')]: '0x8 1x60', [desiredReplicas]: '5x60' },
          at: '30m',
        },
      ],
    },
    {
      name: 'OrderPipelineConfigurationRefused',
      expr: 'orderpipeline_condition{type="Configured"} == 0',
      for: '5m',
      severity: 'warning',
      summary: 'The last edit of OrderPipeline {{ $labels.namespace }}/{{ $labels.pipeline }} was refused',
      runbook: {
        meaning: 'The pipeline runs as before the edit. The edit has no effect, or only a part of it has.',
        look: [
          '`kubectl get orderpipeline <name> -o yaml`: the condition Configured names the field and what is allowed.',
        ],
        act: [
          'Correct the field, or undo the edit. `orderpipeline validate -f` checks a pipeline before it is applied.',
        ],
      },
      fires: { title: 'a refused edit', series: { [condition('Configured')]: '1x10 0x60' }, at: '30m' },
      quiet: [
        {
          title: 'an edit that is corrected at once',
          series: { [condition('Configured')]: '1x10 0x3 1x60' },
          at: '30m',
        },
      ],
    },
    ...stageScaling,
    {
      name: 'OrderPipelineVersionRolledBack',
      expr: 'orderpipeline_stage_rolled_back == 1',
      for: '1m',
      severity: 'warning',
      summary: 'The newest version of stage {{ $labels.stage }} of {{ $labels.pipeline }} was rolled back',
      runbook: {
        meaning: 'The new version did not become ready in time. The last stable version runs, so orders go on.',
        look: ['The condition RolledOut, and `status.stages[].rollout.message`: the error of its pods.'],
        act: ['Correct the version and apply it: the operator tries a changed pod template at once.'],
      },
      fires: {
        title: 'a version that was rolled back',
        series: { [`orderpipeline_stage_rolled_back{${stage}}`]: '1x60' },
        at: '10m',
      },
      quiet: [
        { title: 'a stable version', series: { [`orderpipeline_stage_rolled_back{${stage}}`]: '0x60' }, at: '10m' },
      ],
    },
    ...stageMessages,
  ],
}
