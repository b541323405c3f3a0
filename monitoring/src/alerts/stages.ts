// Which alerts are about pipelines and their stages? All use the operator's metrics, and the
// stages' own metrics where only a stage has the figure.
import { pod, stage, type AlertGroup } from './alert.ts'

const desiredReplicas = `orderpipeline_stage_replicas_desired{${stage}}`
const ready = `orderpipeline_stage_replicas_ready{${stage}}`
const most = `orderpipeline_stage_replicas_max{${stage}}`
const lag = `orderpipeline_group_lag{${stage}}`
const consumed = `orderpipeline_group_consumed_per_second{${stage}}`
const condition = (type: string): string => `orderpipeline_condition{namespace="shop",pipeline="shop",type="${type}"}`

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
        meaning: 'Something that the pipeline needs does not work: topics, pods, autoscalers or its own configuration.',
        look: [
          '`kubectl describe orderpipeline <name>`: the condition that is False says why, and Events say since when.',
          '`orderpipeline explain <name>`: what each stage waits for, with the message of the pod.',
        ],
        act: [
          'Mend what the condition names. The operator tries again by itself.',
          'A suspended pipeline is not Ready by intent and does not fire: it wants no replicas.',
        ],
      },
      fires: {
        title: 'a pipeline that is not Ready though replicas are wanted',
        series: { [condition('Ready')]: '0x60', [desiredReplicas]: '5x60' },
        at: '30m',
      },
      quiet: [
        { title: 'a suspended one', series: { [condition('Ready')]: '0x60', [desiredReplicas]: '0x60' }, at: '30m' },
        {
          title: 'one that starts',
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
      summary: 'The last edit of OrderPipeline {{ $labels.namespace }}/{{ $labels.pipeline }} is refused',
      runbook: {
        meaning: 'The pipeline goes on as it was before the edit, which has no effect or only in part.',
        look: [
          '`kubectl get orderpipeline <name> -o yaml`: the condition Configured names the field and what is allowed.',
        ],
        act: ['Correct the field, or take the edit back. `orderpipeline validate -f` tells before applying.'],
      },
      fires: { title: 'a refused edit', series: { [condition('Configured')]: '1x10 0x60' }, at: '30m' },
      quiet: [
        { title: 'one that is corrected at once', series: { [condition('Configured')]: '1x10 0x3 1x60' }, at: '30m' },
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
      summary: 'Stage {{ $labels.stage }} of {{ $labels.pipeline }} has all its replicas and its lag still grows',
      runbook: {
        meaning:
          'More orders come than the stage handles with all the replicas that it may have. Each order waits longer.',
        look: [
          '`orderpipeline capacity`: what the stage carries, and what bounds it.',
          '`orderpipeline explain <name> --stage <stage>`: whether all replicas are ready and whether it holds.',
        ],
        act: [
          'Raise `scaling.maxReplicas` (and the partitions, which can grow and never shrink).',
          'Where the work itself is slow (a provider, the database), replicas do not help: see OrderPipelineScaleOutUseless.',
        ],
      },
      fires: {
        title: 'lag that grows at the maximum',
        series: { [desiredReplicas]: '100x60', [most]: '100x60', [lag]: '0+50x60' },
        at: '40m',
      },
      quiet: [
        {
          title: 'a burst that is worked off at the maximum',
          series: { [desiredReplicas]: '100x60', [most]: '100x60', [lag]: '9000-100x60' },
          at: '40m',
        },
        {
          title: 'lag that grows below the maximum',
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
      summary: 'More replicas made stage {{ $labels.stage }} of {{ $labels.pipeline }} no faster',
      runbook: {
        meaning:
          'Something that the replicas share is the limit: the database, a provider, or too few partitions with work.',
        look: [
          '`status.stages[].scaleOut` of the OrderPipeline: from how many to how many replicas, and what they handled.',
          '`orderpipeline_database_waiting`, `payment_provider_seconds`: which of them is slow.',
        ],
        act: ['Relieve the shared limit. Lower `maxReplicas` until then: idle replicas cost memory and rebalances.'],
      },
      fires: {
        title: 'a scale-out that did not help',
        series: { [`orderpipeline_stage_scale_out_useless{${stage}}`]: '1x60' },
        at: '30m',
      },
      quiet: [
        { title: 'one that did', series: { [`orderpipeline_stage_scale_out_useless{${stage}}`]: '0x60' }, at: '30m' },
      ],
    },
    {
      name: 'OrderPipelineScalingSwings',
      expr:
        'resets(orderpipeline_stage_replicas_desired[1h]) > 6\n' +
        'and changes(orderpipeline_stage_replicas_desired[1h]) - resets(orderpipeline_stage_replicas_desired[1h]) > 3',
      for: '5m',
      severity: 'warning',
      summary: 'Stage {{ $labels.stage }} of {{ $labels.pipeline }} is scaled out and in again and again',
      runbook: {
        meaning:
          'Each change moves partitions between replicas, and the stage stands still meanwhile. The load is steady and the scaling is not.',
        look: [
          '`orderpipeline simulate -f pipeline.yaml --rate <orders>/min`: whether the settings swing by themselves.',
          '`orderpipeline_stage_rebalances_total`: how many rebalances it has cost.',
        ],
        act: [
          'Lengthen `scaling.scaleDown.stabilizationSeconds`, or raise `minReplicas` to what the usual rate needs.',
          'Try another `drainSeconds` in `simulate` first.',
          'Try `simulate --scaling flow`. If that is steady, set `scaling.policy: Flow` on the stage.',
        ],
      },
      fires: {
        title: 'five swings in an hour',
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
      summary: 'Stage {{ $labels.stage }} of {{ $labels.pipeline }} lacks replicas that are wanted',
      runbook: {
        meaning:
          'The autoscaler asks for replicas that do not start: no room in the cluster, an image, a Secret, a crash.',
        look: ['`orderpipeline explain <name> --stage <stage>`: the reason of the pod that is not ready.'],
        act: [
          'Add nodes or lower the requests; mend the image or the Secret. The operator gives a bad version up by itself.',
        ],
      },
      fires: {
        title: 'three of ten that do not start',
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
        meaning:
          'The operator does not reach Kafka. KEDA most likely does not either, and keeps the replicas as they are.',
        look: [
          'The log of the operator: `lag cannot be read`, with the servers and the error.',
          '`orderpipeline_lag_read_failures_total`.',
        ],
        act: ['Restore Kafka or the way to it (NetworkPolicy, credentials, CA).'],
      },
      fires: { title: 'a stage without a lag', series: { [desiredReplicas]: '5x60' }, at: '30m' },
      quiet: [
        { title: 'a stage with a lag', series: { [desiredReplicas]: '5x60', [lag]: '0x60' }, at: '30m' },
        {
          title: 'the gateway, which has none',
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
        meaning: 'Orders stand still at this stage.',
        look: [
          '`orderpipeline_stage_holding`: 1 says that it waits for something that is away; the log names it.',
          '`orderpipeline_stage_careful_partitions`: above 0 says that a message ends its process.',
          '`orderpipeline explain <name> --stage <stage>`.',
        ],
        act: ['Restore what it waits for. A message that cannot be handled becomes a dead letter by itself.'],
      },
      fires: { title: 'messages that nobody consumes', series: { [lag]: '500x60', [consumed]: '0x60' }, at: '30m' },
      quiet: [
        { title: 'a stage at work', series: { [lag]: '500x60', [consumed]: '20x60' }, at: '30m' },
        { title: 'a stage without work', series: { [lag]: '0x60', [consumed]: '0x60' }, at: '30m' },
      ],
    },
    {
      name: 'OrderPipelineVersionRolledBack',
      expr: 'orderpipeline_stage_rolled_back == 1',
      for: '1m',
      severity: 'warning',
      summary: 'The newest version of stage {{ $labels.stage }} of {{ $labels.pipeline }} was given up',
      runbook: {
        meaning: 'The new version did not become ready in time. The last stable version runs, so orders go on.',
        look: ['The condition RolledOut, and `status.stages[].rollout.message`: what its pods said.'],
        act: ['Correct the version and apply it: another template is tried at once.'],
      },
      fires: {
        title: 'a version that was given up',
        series: { [`orderpipeline_stage_rolled_back{${stage}}`]: '1x60' },
        at: '10m',
      },
      quiet: [{ title: 'a stable one', series: { [`orderpipeline_stage_rolled_back{${stage}}`]: '0x60' }, at: '10m' }],
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
        meaning: 'Each is an order that stands still until somebody replays or discards its message.',
        look: [
          '`orderpipeline dlq list <name>`, `orderpipeline dlq show <name> <letter>`: the cause and whose fault it is.',
        ],
        act: ['Mend the cause, then `orderpipeline dlq replay <name>`; `--dry-run` shows what it would do.'],
      },
      fires: {
        title: 'the first dead letter of a replica',
        series: { [`orderpipeline_stage_dead_letters_total{${pod('orders')},reason="NotJson"}`]: '_x20 1x60' },
        at: '25m',
      },
      quiet: [
        {
          title: 'letters of yesterday',
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
          'Each is an order that stands still. After seven days its message is only played again by force, and after 14 it is gone.',
        look: ['`orderpipeline dlq list <name> <stage>`: the reasons, oldest first.'],
        act: [
          'Mend the cause, then `orderpipeline dlq replay <name> <stage>`. What is not worth it: `orderpipeline dlq discard`.',
        ],
      },
      fires: {
        title: 'letters that nobody looks at',
        series: { [`orderpipeline_stage_dead_letters_open{${stage}}`]: '3x600' },
        at: '8h',
      },
      quiet: [
        {
          title: 'letters that were replayed within hours',
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
        'Stage {{ $labels.orderpipeline_dev_stage }} of {{ $labels.orderpipeline_dev_pipeline }} waits for something that is away',
      runbook: {
        meaning:
          'The stage takes no messages, since what they need (database, provider) does not answer. Nothing is lost.',
        look: ['Its log names what is away. `payment_breaker_open`, `orderpipeline_database_query_failures_total`.'],
        act: ['Restore it. The stage goes on by itself within seconds.'],
      },
      fires: {
        title: 'one replica that holds',
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
          'Processes end without a word over messages of these partitions, which are tried in parts to find the one.',
        look: ['The log of the pods before they ended: out of memory, a native crash, an exit in a library.'],
        act: ['Once found, the message is a dead letter with reason CrashedItsProcess: keep it for the developers.'],
      },
      fires: {
        title: 'a partition that is tried in parts',
        series: { [`orderpipeline_stage_careful_partitions{${pod('payment')}}`]: '1x60' },
        at: '30m',
      },
      quiet: [
        { title: 'none', series: { [`orderpipeline_stage_careful_partitions{${pod('payment')}}`]: '0x60' }, at: '30m' },
      ],
    },
  ],
}
