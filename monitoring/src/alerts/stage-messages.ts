// Which alerts are about messages that a stage cannot handle?
import { pod, stage } from './alert.ts'
import type { Alert } from './alert.ts'

export const stageMessages: readonly Alert[] = [
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
]
