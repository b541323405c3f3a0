// What can be done with the dead letters of one stage and cause? They are replayed at a bounded
// rate, or discarded; the page first says how many that would be, and which remain.
import { useEffect, useState } from 'preact/hooks'
import { largestRate, defaultRate } from '../../model/actions.ts'
import type { ActionResult, ReplayPreview, Rights } from '../../model/actions.ts'
import type { DeadLetterGroup } from '../../model/dead-letters.ts'
import { act } from '../actions.ts'
import { ActionButton, Confirm } from '../dialog.tsx'
import type { Answered } from '../live.ts'
import { durationText, plural } from '../words.ts'

interface LetterActionsProps {
  readonly pipeline: string
  readonly group: DeadLetterGroup
  readonly rights: Rights
  /** Something was done, or has begun. */
  readonly onDone: (done: ActionResult | undefined) => void
}

type Verb = 'replay' | 'discard'

export function DeadLetterActions({ pipeline, group, rights, onDone }: LetterActionsProps) {
  const [verb, setVerb] = useState<Verb>()
  const about = `${group.reason} of ${group.stage}`
  const { replay, discard } = rights.refused
  const close = (): void => setVerb(undefined)
  return (
    <div class="actions">
      <ActionButton
        {...{ label: 'Replay …', about, refused: replay, saidBeside: replay === discard }}
        onClick={() => setVerb('replay')}
      />
      <ActionButton {...{ label: 'Discard …', about, refused: discard }} onClick={() => setVerb('discard')} />
      {verb !== undefined && <Planned {...{ pipeline, group, verb, onDone, onClose: close }} />}
    </div>
  )
}

interface PlannedProps {
  readonly pipeline: string
  readonly group: DeadLetterGroup
  readonly verb: Verb
  readonly onDone: (done: ActionResult | undefined) => void
  readonly onClose: () => void
}

function Planned({ pipeline, group: { stage, reason }, verb, onDone, onClose }: PlannedProps) {
  const [plan, setPlan] = useState<Answered<ReplayPreview>>()
  const [pace, setPace] = useState(String(defaultRate))
  useEffect(() => {
    void act<ReplayPreview>(pipeline, 'plan', { stage, reason }).then(setPlan)
  }, [])
  const letterPlan = plan && 'value' in plan ? plan.value : undefined
  const count = verb === 'replay' ? letterPlan?.replayed : letterPlan?.discarded
  const perSecond = Number(pace)
  const paceIsGood = perSecond > 0 && perSecond <= largestRate
  const confirm = async () => {
    const which = { stage, reason, newest: letterPlan?.newest ?? '' }
    const answer = await act<ActionResult>(pipeline, verb, verb === 'replay' ? { ...which, perSecond } : which)
    if ('value' in answer) onDone(verb === 'discard' ? answer.value : undefined)
    return answer
  }
  const title = verb === 'replay' ? `Replay ${reason} of ${stage}?` : `Discard ${reason} of ${stage}?`
  const label = verb === 'replay' ? 'Replay' : 'Discard'
  const disabled = !count || (verb === 'replay' && !paceIsGood)
  return (
    <Confirm
      {...{ title, disabled, danger: verb === 'discard', onConfirm: confirm, onClose }}
      confirm={count ? `${label} ${plural(count, 'letter')}` : label}
    >
      {plan === undefined && <p class="empty">Reading the letters …</p>}
      {plan && 'message' in plan && <p class="banner">{plan.message}</p>}
      {letterPlan && verb === 'replay' && (
        <ReplayPlan plan={letterPlan} {...{ stage, pace, setPace, perSecond, paceIsGood }} />
      )}
      {letterPlan && verb === 'discard' && (
        <p>
          {plural(letterPlan.discarded, 'letter')} will be marked as done with: nobody is told of them any more. Kafka
          keeps them until their retention ends; <code>dlq list --state discarded</code> shows them.
        </p>
      )}
    </Confirm>
  )
}

interface ReplayPlanProps {
  readonly plan: ReplayPreview
  readonly stage: string
  readonly pace: string
  readonly setPace: (pace: string) => void
  readonly perSecond: number
  readonly paceIsGood: boolean
}

function ReplayPlan({ plan: { replayed, left }, stage, pace, setPace, perSecond, paceIsGood }: ReplayPlanProps) {
  return (
    <>
      <p>
        {plural(replayed, 'message')} would be played again, for {stage} alone, in the order they had
        {paceIsGood && replayed > 0 ? `, within ${durationText(replayed / perSecond)}` : ''}.
      </p>
      {left.length > 0 && (
        <ul class="left">
          {left.map(({ why, letters: count }) => (
            <li key={why}>
              {plural(count, 'letter')} left: {why}
            </li>
          ))}
        </ul>
      )}
      <label class="field">
        Messages a second
        <input
          {...{ type: 'number', min: 1, max: largestRate, step: 1, inputMode: 'numeric', value: pace }}
          onInput={(event) => setPace(event.currentTarget.value)}
        />
      </label>
    </>
  )
}
