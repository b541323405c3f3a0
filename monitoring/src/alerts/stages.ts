// Which alerts are about pipelines and their stages? All use the operator's metrics, and the
// stages' own metrics where only a stage has the figure.
import { pod, stage } from './alert.ts'
import type { AlertGroup } from './alert.ts'

const desiredReplicas = `orderpipeline_stage_replicas_desired{${stage}}`
const ready = `orderpipeline_stage_replicas_ready{${stage}}`
const most = `orderpipeline_stage_replicas_max{${stage}}`
const lag = `orderpipeline_group_lag{${stage}}`
const consumed = `orderpipeline_group_consumed_per_second{${stage}}`
function condition(type: string): string {
  return `orderpipeline_condition{namespace="shop",pipeline="shop",type="${type}"}`
}

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
        act: [
          'Restore the system that it waits for. A message that cannot be handled becomes a dead letter by itself.',
        ],
      },
      fires: { title: 'lag that is not consumed', series: { [lag]: '500x60', [consumed]: '0x60' }, at: '30m' },
      quiet: [
        { title: 'a stage that consumes', series: { [lag]: '500x60', [consumed]: '20x60' }, at: '30m' },
        { title: 'a stage without lag', series: { [lag]: '0x60', [consumed]: '0x60' }, at: '30m' },
      ],
    },
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
    {
      name: 'OrderPipelineDeadLetters',
      expr:
        'sum by (namespace, orderpipeline_dev_pipeline, orderpipeline_dev_stage, reason) (\n' +
        '  (orderpipeline_stage_dead_letters_total unless orderpipeline_stage_dead_letters_total offset 15m)\n' +
        '  or increase(orderpipeline_stage_dead_letters_total[15m])\n' +
        ') > 0',
      for: '0m',
      severity: 'warning',
      summary:
        'Stage {{ $labels.orderpipeline_dev_stage }} of {{ $labels.orderpipeline_dev_pipeline }} gave up messages ({{ $labels.reason }})',
      runbook: {
        meaning: 'Each is an order that makes no progress until its message is replayed or discarded.',
        look: [
          '`orderpipeline dlq list <name>`, `orderpipeline dlq show <name> <letter>`: the cause, and whether the message, the stage or another system is at fault.',
        ],
        act: ['Correct the cause, then `orderpipeline dlq replay <name>`; `--dry-run` shows what it would do.'],
      },
      fires: {
        title: 'the first dead letter of a replica',
        series: { [`orderpipeline_stage_dead_letters_total{${pod('orders')},reason="NotJson"}`]: '_x20 1x60' },
        at: '25m',
      },
      quiet: [
        {
          title: 'dead letters of yesterday',
          series: { [`orderpipeline_stage_dead_letters_total{${pod('orders')},reason="NotJson"}`]: '7x60' },
          at: '40m',
        },
      ],
    },
    {
      name: 'OrderPipelineDeadLettersWait',
      expr: 'max by (namespace, pipeline, stage) (orderpipeline_stage_dead_letters_open) > 0',
      for: '6h',
      severity: 'warning',
      summary:
        '{{ $value }} dead letters of stage {{ $labels.stage }} of {{ $labels.pipeline }} wait for more than six hours',
      runbook: {
        meaning:
          'Each is an order that makes no progress. After seven days its message can only be replayed with `--force`, and after 14 days it is deleted.',
        look: ['`orderpipeline dlq list <name> <stage>`: the reasons, oldest first.'],
        act: [
          'Correct the cause, then `orderpipeline dlq replay <name> <stage>`. Discard messages that need no replay with `orderpipeline dlq discard`.',
        ],
      },
      fires: {
        title: 'dead letters that stay open',
        series: { [`orderpipeline_stage_dead_letters_open{${stage}}`]: '3x600' },
        at: '8h',
      },
      quiet: [
        {
          title: 'dead letters that are replayed within hours',
          series: { [`orderpipeline_stage_dead_letters_open{${stage}}`]: '3x120 0x480' },
          at: '8h',
        },
      ],
    },
    {
      name: 'OrderPipelineStageHolding',
      expr: 'max by (namespace, orderpipeline_dev_pipeline, orderpipeline_dev_stage) (orderpipeline_stage_holding) == 1',
      for: '5m',
      severity: 'critical',
      summary:
        'Stage {{ $labels.orderpipeline_dev_stage }} of {{ $labels.orderpipeline_dev_pipeline }} waits for an unavailable system',
      runbook: {
        meaning:
          'The stage handles no messages, because a system that they need (database, provider) does not answer. No message is lost.',
        look: ['Its log names the system. `payment_breaker_open`, `orderpipeline_database_query_failures_total`.'],
        act: ['Restore the system. The stage continues by itself within seconds.'],
      },
      fires: {
        title: 'one replica holds',
        series: {
          [`orderpipeline_stage_holding{${pod('payment')}}`]: '1x60',
          [`orderpipeline_stage_holding{${pod('payment', 'b')}}`]: '0x60',
        },
        at: '20m',
      },
      quiet: [
        {
          title: 'a short pause',
          series: { [`orderpipeline_stage_holding{${pod('payment')}}`]: '0x5 1x2 0x60' },
          at: '20m',
        },
      ],
    },
    {
      name: 'OrderPipelinePoisonMessage',
      expr: 'sum by (namespace, orderpipeline_dev_pipeline, orderpipeline_dev_stage) (orderpipeline_stage_careful_partitions) > 0',
      for: '10m',
      severity: 'warning',
      summary: 'A message ends the processes of stage {{ $labels.orderpipeline_dev_stage }}',
      runbook: {
        meaning:
          'Processes end without an error while they handle messages of these partitions. The partitions are in quarantine: the stage handles few of their messages at a time, until it has found the poison message.',
        look: ['The log of the pods before they ended: out of memory, a native crash, an exit in a library.'],
        act: [
          'The stage then makes the message a dead letter with reason CrashedItsProcess: keep it for the developers.',
        ],
      },
      fires: {
        title: 'a partition in quarantine',
        series: { [`orderpipeline_stage_careful_partitions{${pod('payment')}}`]: '1x60' },
        at: '30m',
      },
      quiet: [
        {
          title: 'no partition in quarantine',
          series: { [`orderpipeline_stage_careful_partitions{${pod('payment')}}`]: '0x60' },
          at: '30m',
        },
      ],
    },
  ],
}
