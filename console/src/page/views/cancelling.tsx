// How is an order cancelled? After the page has said what follows.
import { useState } from 'preact/hooks'
import type { ActionResult, Rights } from '../../model/actions.ts'
import type { OrderView } from '../../model/orders.ts'
import { keyOf } from '../../model/state.ts'
import type { PipelineState } from '../../model/state.ts'
import { act } from '../actions.ts'
import { ActionButton, Confirm, ActionResultText } from '../dialog.tsx'

interface CancellingProps {
  readonly order: OrderView
  readonly pipeline: PipelineState
  readonly rights: Rights
}

export function Cancelling({ order: { orderId }, pipeline, rights }: CancellingProps) {
  const [isConfirming, setIsConfirming] = useState(false)
  const [done, setDone] = useState<ActionResult>()
  const cancel = async () => {
    const answer = await act<ActionResult>(keyOf(pipeline), 'cancel', { order: orderId })
    if ('value' in answer) setDone(answer.value)
    return answer
  }
  return (
    <div class="actions">
      <ActionButton label="Cancel this order …" refused={rights.refused.cancel} onClick={() => setIsConfirming(true)} />
      <ActionResultText done={done} />
      {isConfirming && (
        <Confirm
          title="Cancel this order?"
          confirm="Cancel the order"
          danger
          onConfirm={cancel}
          onClose={() => setIsConfirming(false)}
        >
          <p>Its stock is released, and what was paid is given back. A cancelled order cannot be taken up again.</p>
        </Confirm>
      )}
    </div>
  )
}
