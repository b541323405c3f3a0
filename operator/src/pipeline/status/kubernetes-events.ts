// Which Kubernetes Events does a change of the status cause? One for each change that a person
// should learn of once, without watching the status.
import type { Condition, ConditionType, OrderPipelineStatus, ConditionReason, ScalingChange } from '../../api/index.ts'

export interface KubernetesEvent {
  readonly type: 'Normal' | 'Warning'
  readonly reason:
    ConditionReason | 'Ready' | 'RolledOut' | 'Scaled' | 'ScaleOutUseless' | 'UpdateAvailable' | 'DeadLetters'
  readonly note: string
}

/**
 * Ready passes through these reasons on the way to True; only falling back into one is worth an
 * Event.
 */
const transientReasons: ReadonlySet<ConditionReason> = new Set([
  'TopicsNotReady',
  'ReplicasNotReady',
  'ScaledObjectsNotReady',
  'NotConfigured',
  'Progressing',
  'Deleting',
])
const intentionalReasons: ReadonlySet<ConditionReason> = new Set(['Suspended', 'Draining'])

export function kubernetesEvents(
  before: OrderPipelineStatus | undefined,
  after: OrderPipelineStatus,
): KubernetesEvent[] {
  return [
    ...distinct([...readiness(before, after), ...details(before, after)]),
    ...ofStages(before, after),
    ...ofUpdates(before, after),
  ]
}

function readiness(before: OrderPipelineStatus | undefined, after: OrderPipelineStatus): KubernetesEvent[] {
  const [was, is] = [conditionOf(before, 'Ready'), conditionOf(after, 'Ready')]
  if (!is || sameVerdict(was, is)) return []
  if (is.status === 'True') return [{ type: 'Normal', reason: 'Ready', note: is.message }]
  if (intentionalReasons.has(is.reason)) return [{ type: 'Normal', reason: is.reason, note: is.message }]
  const ownEdit = before?.observedGeneration !== after.observedGeneration
  return transientReasons.has(is.reason) && (was?.status !== 'True' || ownEdit) ? [] : [warning(is)]
}

function details(before: OrderPipelineStatus | undefined, after: OrderPipelineStatus): KubernetesEvent[] {
  return (['Configured', 'WorkloadsReady', 'ScalingReady', 'RolledOut'] as const).flatMap((type) => {
    const [was, is] = [conditionOf(before, type), conditionOf(after, type)]
    if (!is || sameVerdict(was, is) || transientReasons.has(is.reason) || intentionalReasons.has(is.reason)) return []
    return is.reason === 'AllReady' || is.reason === 'Applied' ? [] : [warning(is)]
  })
}

function ofStages(before: OrderPipelineStatus | undefined, after: OrderPipelineStatus): KubernetesEvent[] {
  return (after.stages ?? []).flatMap(
    ({ name, deadLetters = 0, rollout, scaleOut, lastScaling }): KubernetesEvent[] => {
      const was = before?.stages?.find((stage) => stage.name === name)
      const rolled = was?.rollout?.phase === 'Progressing' && rollout?.phase === 'Stable'
      const useless = scaleOut && (was?.scaleOut?.from !== scaleOut.from || was.scaleOut.to !== scaleOut.to)
      const scaled = lastScaling && was?.lastScaling?.at !== lastScaling.at
      const firstDeadLetters = deadLetters > 0 && (was?.deadLetters ?? 0) === 0
      return [
        ...(firstDeadLetters
          ? [{ type: 'Warning', reason: 'DeadLetters', note: deadLettersNote(name, deadLetters) } as const]
          : []),
        ...(rolled ? [{ type: 'Normal', reason: 'RolledOut', note: `${name} runs its newest version` } as const] : []),
        ...(useless
          ? [{ type: 'Warning', reason: 'ScaleOutUseless', note: `${name}: ${scaleOut.message}` } as const]
          : []),
        ...(scaled ? [{ type: 'Normal', reason: 'Scaled', note: scalingNote(name, lastScaling) } as const] : []),
      ]
    },
  )
}

function scalingNote(stage: string, { from, to, reason, message }: ScalingChange): string {
  return `${stage}: ${from} → ${to} replicas (${reason}): ${message}`
}

function deadLettersNote(stage: string, count: number): string {
  return `${stage}: ${count === 1 ? '1 dead letter waits' : `${count} dead letters wait`}; see orderpipeline dlq list`
}

function ofUpdates(before: OrderPipelineStatus | undefined, after: OrderPipelineStatus): KubernetesEvent[] {
  const { image, available } = after.services ?? {}
  if (available === undefined || available === before?.services?.available) return []
  const note = `stays at ${image} although the operator has ${available}; set spec.image or spec.updates to move it`
  return [{ type: 'Normal', reason: 'UpdateAvailable', note }]
}

function conditionOf(status: OrderPipelineStatus | undefined, type: ConditionType): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type)
}

function sameVerdict(was: Condition | undefined, is: Condition): boolean {
  return was?.status === is.status && was.reason === is.reason
}

function warning({ reason, message }: Condition): KubernetesEvent {
  return { type: 'Warning', reason, note: message }
}

/** Ready repeats the reason of the condition that is not True, so each reason is reported once. */
function distinct(all: readonly KubernetesEvent[]): KubernetesEvent[] {
  return all.filter((one, index) => all.findIndex(({ reason }) => reason === one.reason) === index)
}
