// How is an order cancelled? After the page has said what follows.
import { useState } from 'preact/hooks'
import type { ActionResult, Rights } from '../../model/actions.ts'
import type { OrderView } from '../../model/orders.ts'
import { keyOf } from '../../model/state.ts'
import type { PipelineState } from '../../model/state.ts'
import { act } from '../actions.ts'
import { ActionButton, Confirm, ActionResultText } from '../dialog.tsx'
import { ReasonField } from './reason-field.tsx'

interface CancellingProps {
  readonly order: OrderView
  readonly pipeline: PipelineState
  readonly rights: Rights
  /** With it a member of the shop's staff cancels, for a reason. */
  readonly staffToken: string | undefined
}

export function Cancelling({ order: { orderId }, pipeline, rights, staffToken }: CancellingProps) {
  const [isConfirming, setIsConfirming] = useState(false)
  const [reason, setReason] = useState('')
  const [done, setDone] = useState<ActionResult>()
  const asStaff = staffToken !== undefined
  const cancel = async () => {
    const staff = asStaff ? { staff: { reason: reason.trim(), staffToken } } : {}
    const answer = await act<ActionResult>(keyOf(pipeline), 'cancel', { order: orderId, ...staff })
    if ('value' in answer) setDone(answer.value)
    return answer
  }
  return (
    <div class="actions">
      <ActionButton
        label="Cancel this order …"
        refused={asStaff ? rights.refused.hold : rights.refused.cancel}
        onClick={() => setIsConfirming(true)}
      />
      <ActionResultText done={done} />
      {isConfirming && (
        <Confirm
          title="Cancel this order?"
          confirm="Cancel the order"
          danger
          disabled={asStaff && reason.trim() === ''}
          onConfirm={cancel}
          onClose={() => setIsConfirming(false)}
        >
          <p>Its stock is released, and what was paid is given back. A cancelled order cannot be taken up again.</p>
          {asStaff && <ReasonField id="cancel-reason" reason={reason} onInput={setReason} />}
        </Confirm>
      )}
    </div>
  )
}
