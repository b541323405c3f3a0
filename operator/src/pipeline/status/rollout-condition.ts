// Does every part run the version that the spec asks for? Ready may be True while an old version
// still runs; this condition is not.
import type { ConditionResult } from '../../api/conditions.ts'
import { livePart } from '../children/live.ts'
import { partsOf } from '../children/parts.ts'
import { rolloutOf } from '../rollout/rollout-status.ts'
import type { PipelineObservation } from './pipeline-observation.ts'

export function rolledOutCondition({ pipeline, children, pods }: PipelineObservation): ConditionResult {
  const parts = partsOf(pipeline.spec).map(({ name }) => {
    const trial = pods?.get(name)?.trial
    const rollout = rolloutOf(livePart(pipeline, name, children), trial)
    return { name, phase: rollout?.phase ?? 'Progressing', message: rollout?.message ?? 'does not exist yet', trial }
  })
  const failing = parts.filter(({ phase, trial }) => phase === 'Progressing' && trial?.trouble?.fault === 'version')
  if (failing.length > 0) return behind('NewVersionFailing', failing)
  const back = parts.filter(({ phase }) => phase === 'RolledBack')
  if (back.length > 0) return behind('RolledBack', back)
  const waiting = parts.filter(({ phase }) => phase === 'Progressing')
  if (waiting.length === 0)
    return { status: 'True', reason: 'AllReady', message: 'every stage and the gateway run the version of the spec' }
  return behind(pipeline.spec.suspend === true ? 'Suspended' : 'Progressing', waiting)
}

const most = 5

function behind(
  reason: 'NewVersionFailing' | 'RolledBack' | 'Progressing' | 'Suspended',
  parts: readonly { readonly name: string; readonly message: string }[],
): ConditionResult {
  const more = parts.length > most ? `; and ${parts.length - most} more` : ''
  const message = parts.slice(0, most).map(({ name, message: text }) => `${name}: ${text}`)
  return { status: 'False', reason, message: `${message.join('; ')}${more}` }
}
