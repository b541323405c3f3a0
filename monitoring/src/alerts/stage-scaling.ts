// Which alerts are about the replicas of stages and their lag?
import { stage } from './alert.ts'
import type { Alert } from './alert.ts'
import { consumed, desiredReplicas, lag, most, ready } from './stage-series.ts'

export const stageScaling: readonly Alert[] = [
  {
    name: 'OrderPipelineStageAtMaximum',
    expr:
      'orderpipeline_stage_replicas_desired >= orderpipeline_stage_replicas_max\n' +
      'and on (namespace, pipeline, stage) deriv(orderpipeline_group_lag[10m]) > 0\n' +
      'and on (namespace, pipeline, stage) orderpipeline_group_lag > 0',
    for: '10m',
    severity: 'critical',
    summary: 'Stage {{ $labels.stage }} of {{ $labels.pipeline }} runs at maxReplicas and its lag still grows',
    runbook: {
      meaning: 'More orders arrive than the stage handles at `maxReplicas`. Each order waits longer.',
      look: [
        '`orderpipeline capacity`: the rate that the stage can handle, and what limits it.',
        '`orderpipeline explain <name> --stage <stage>`: whether all replicas are ready and whether it holds.',
      ],
      act: [
        'Raise `scaling.maxReplicas`, and the number of partitions, which cannot shrink again.',
        'More replicas do not help where a provider or the database is slow: see OrderPipelineScaleOutUseless.',
      ],
    },
    fires: {
      title: 'lag grows at the maximum',
      series: { [desiredReplicas]: '100x60', [most]: '100x60', [lag]: '0+50x60' },
      at: '40m',
    },
    quiet: [
      {
        title: 'a burst drains at the maximum',
        series: { [desiredReplicas]: '100x60', [most]: '100x60', [lag]: '9000-100x60' },
        at: '40m',
      },
      {
        title: 'lag grows below the maximum',
        series: { [desiredReplicas]: '40x60', [most]: '100x60', [lag]: '0+50x60' },
        at: '40m',
      },
    ],
  },
  {
    name: 'OrderPipelineScaleOutUseless',
    expr: 'orderpipeline_stage_scale_out_useless == 1',
    for: '10m',
    severity: 'warning',
    summary: 'More replicas did not increase the throughput of stage {{ $labels.stage }} of {{ $labels.pipeline }}',
    runbook: {
      meaning:
        'The limit is a resource that the replicas share: the database, a provider, or too few partitions with messages.',
      look: [
        '`status.stages[].scaleOut` of the OrderPipeline: the numbers of replicas before and after, and their throughput.',
        '`orderpipeline_database_waiting`, `payment_provider_seconds`: which of the two is slow.',
      ],
      act: ['Remove the shared limit. Lower `maxReplicas` until then: idle replicas cost memory and rebalances.'],
    },
    fires: {
      title: 'a scale-out without effect',
      series: { [`orderpipeline_stage_scale_out_useless{${stage}}`]: '1x60' },
      at: '30m',
    },
    quiet: [
      {
        title: 'a scale-out with effect',
        series: { [`orderpipeline_stage_scale_out_useless{${stage}}`]: '0x60' },
        at: '30m',
      },
    ],
  },
  {
    name: 'OrderPipelineScalingSwings',
    expr:
      'resets(orderpipeline_stage_replicas_desired[1h]) > 6\n' +
      'and changes(orderpipeline_stage_replicas_desired[1h]) - resets(orderpipeline_stage_replicas_desired[1h]) > 3',
    for: '5m',
    severity: 'warning',
    summary: 'Stage {{ $labels.stage }} of {{ $labels.pipeline }} scales out and in repeatedly',
    runbook: {
      meaning:
        'Each change moves partitions between replicas, and the stage pauses meanwhile. The load is steady, but the scaling is not.',
      look: [
        '`orderpipeline simulate -f pipeline.yaml --rate <orders>/min`: whether the settings alone make the number of replicas swing.',
        '`orderpipeline_stage_rebalances_total`: how many rebalances the changes have caused.',
      ],
      act: [
        'Lengthen `scaling.scaleDown.stabilizationSeconds`, or raise `minReplicas` to the number for the usual rate.',
        'Try another `drainSeconds` in `simulate` first.',
        'Try `simulate --scaling flow`. If the result is steady, set `scaling.policy: Flow` on the stage.',
      ],
    },
    fires: {
      title: 'five swings within an hour',
      series: {
        [desiredReplicas]: '5 50 100 50 25 5 50 100 50 25 5 50 100 50 25 5 50 100 50 25 5 50 100 50 25 5x40',
      },
      at: '50m',
    },
    quiet: [
      {
        title: 'one burst, out and back in steps',
        series: { [desiredReplicas]: '5x5 40 80 100x20 50 25 12 6 5x60' },
        at: '58m',
      },
    ],
  },
  {
    name: 'OrderPipelineReplicasMissing',
    expr: 'orderpipeline_stage_replicas_ready < orderpipeline_stage_replicas_desired',
    for: '15m',
    severity: 'warning',
    summary: 'Stage {{ $labels.stage }} of {{ $labels.pipeline }} has fewer ready replicas than desired',
    runbook: {
      meaning:
        'Replicas that the autoscaler asks for do not start. Usual causes: no capacity in the cluster, a missing image or Secret, a crash.',
      look: ['`orderpipeline explain <name> --stage <stage>`: the reason of the pod that is not ready.'],
      act: [
        'Add nodes or lower the requests; correct the image or the Secret. The operator rolls a bad version back by itself.',
      ],
    },
    fires: {
      title: 'three of ten replicas do not start',
      series: { [desiredReplicas]: '10x60', [ready]: '7x60' },
      at: '30m',
    },
    quiet: [
      {
        title: 'replicas that are starting',
        series: { [desiredReplicas]: '5x5 10x60', [ready]: '5x9 10x60' },
        at: '30m',
      },
    ],
  },
  {
    name: 'OrderPipelineLagUnknown',
    expr:
      'orderpipeline_stage_replicas_desired{stage!="gateway"} > 0\n' +
      'unless on (namespace, pipeline, stage) orderpipeline_group_lag',
    for: '15m',
    severity: 'warning',
    summary: 'The lag of stage {{ $labels.stage }} of {{ $labels.pipeline }} cannot be read',
    runbook: {
      meaning: 'The operator cannot reach Kafka. KEDA probably cannot either, and then keeps the number of replicas.',
      look: [
        'The log of the operator: `lag cannot be read`, with the servers and the error.',
        '`orderpipeline_lag_read_failures_total`.',
      ],
      act: ['Restore Kafka or the access to it (NetworkPolicy, credentials, CA).'],
    },
    fires: { title: 'a stage whose lag is unknown', series: { [desiredReplicas]: '5x60' }, at: '30m' },
    quiet: [
      { title: 'a stage whose lag is known', series: { [desiredReplicas]: '5x60', [lag]: '0x60' }, at: '30m' },
      {
        title: 'the gateway, which has no lag',
        series: { 'orderpipeline_stage_replicas_desired{namespace="shop",pipeline="shop",stage="gateway"}': '3x60' },
        at: '30m',
      },
    ],
  },
  {
    name: 'OrderPipelineStageStalled',
    expr: 'orderpipeline_group_lag > 0 and orderpipeline_group_consumed_per_second == 0',
    for: '10m',
    severity: 'critical',
    summary: 'Stage {{ $labels.stage }} of {{ $labels.pipeline }} consumes nothing while {{ $value }} messages wait',
    runbook: {
      meaning: 'No order makes progress at this stage.',
      look: [
        '`orderpipeline_stage_holding`: 1 means that it waits for an unavailable system; the log names it.',
        '`orderpipeline_stage_careful_partitions`: above 0 means that a message ends the process that handles it.',
        '`orderpipeline explain <name> --stage <stage>`.',
      ],
      act: ['Restore the system that it waits for. A message that cannot be handled becomes a dead letter by itself.'],
    },
    fires: { title: 'lag that is not consumed', series: { [lag]: '500x60', [consumed]: '0x60' }, at: '30m' },
    quiet: [
      { title: 'a stage that consumes', series: { [lag]: '500x60', [consumed]: '20x60' }, at: '30m' },
      { title: 'a stage without lag', series: { [lag]: '0x60', [consumed]: '0x60' }, at: '30m' },
    ],
  },
]
