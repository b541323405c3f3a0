// How does a member of the staff decide about a held order? After the page has said what follows,
// and with a reason that goes into the order's history.
import { useState } from 'preact/hooks'
import type { ActionResult, Rights } from '../../model/actions.ts'
import type { HoldDecision, OrderView } from '../../model/orders.ts'
import { keyOf } from '../../model/state.ts'
import type { PipelineState } from '../../model/state.ts'
import { act } from '../actions.ts'
import { ActionButton, ActionResultText, Confirm } from '../dialog.tsx'
import { ReasonField } from './reason-field.tsx'

interface HoldDecisionProps {
  readonly order: OrderView
  readonly pipeline: PipelineState
  readonly rights: Rights
  readonly staffToken: string | undefined
}

const texts = {
  release: {
    label: 'Release this order …',
    title: 'Release this order?',
    confirm: 'Release the order',
    follows: 'Its payment is charged now, and it goes on as any other order. It cannot be held again.',
  },
  reject: {
    label: 'Reject this order …',
    title: 'Reject this order?',
    confirm: 'Reject the order',
    follows: 'It is cancelled without a charge, and its stock is released. It cannot be taken up again.',
  },
} as const

export function HoldDecisions({ order: { orderId }, pipeline, rights, staffToken }: HoldDecisionProps) {
  const [confirming, setConfirming] = useState<HoldDecision>()
  const [reason, setReason] = useState('')
  const [done, setDone] = useState<ActionResult>()
  const refusal =
    rights.refused.hold ?? (staffToken === undefined ? 'It takes a token of the staff, below the look-up.' : undefined)
  const decide = async (decision: HoldDecision) => {
    const body = { order: orderId, decision, reason: reason.trim(), staffToken: staffToken ?? '' }
    const answer = await act<ActionResult>(keyOf(pipeline), 'hold', body)
    if ('value' in answer) setDone(answer.value)
    return answer
  }
  return (
    <div class="actions">
      <ActionButton label={texts.release.label} refused={refusal} onClick={() => setConfirming('release')} />
      <ActionButton
        label={texts.reject.label}
        refused={refusal}
        saidBeside
        danger
        onClick={() => setConfirming('reject')}
      />
      <ActionResultText done={done} />
      {confirming && (
        <Confirm
          title={texts[confirming].title}
          confirm={texts[confirming].confirm}
          danger={confirming === 'reject'}
          disabled={reason.trim() === ''}
          onConfirm={() => decide(confirming)}
          onClose={() => setConfirming(undefined)}
        >
          <p>{texts[confirming].follows}</p>
          <ReasonField id="hold-reason" reason={reason} onInput={setReason} />
        </Confirm>
      )}
    </div>
  )
}
