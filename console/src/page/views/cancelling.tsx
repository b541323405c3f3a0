// How is an order called back? After it was said what follows.
import { useState } from 'preact/hooks'
import type { Done, Rights } from '../../model/actions.ts'
import type { OrderView } from '../../model/orders.ts'
import { keyOf, type PipelineState } from '../../model/state.ts'
import { act } from '../actions.ts'
import { ActionButton, Confirm, DoneText } from '../dialog.tsx'

interface CancellingProps {
  readonly order: OrderView
  readonly pipeline: PipelineState
  readonly rights: Rights
}

export function Cancelling({ order: { orderId }, pipeline, rights }: CancellingProps) {
  const [asked, setAsked] = useState(false)
  const [done, setDone] = useState<Done>()
  const cancel = async () => {
    const answer = await act<Done>(keyOf(pipeline), 'cancel', { order: orderId })
    if ('value' in answer) setDone(answer.value)
    return answer
  }
  return (
    <div class="actions">
      <ActionButton label="Cancel this order …" refused={rights.refused.cancel} onClick={() => setAsked(true)} />
      <DoneText done={done} />
      {asked && (
        <Confirm
          title="Cancel this order?"
          confirm="Cancel the order"
          danger
          onConfirm={cancel}
          onClose={() => setAsked(false)}
        >
          <p>Its stock is released, and what was paid is given back. A cancelled order cannot be taken up again.</p>
        </Confirm>
      )}
    </div>
  )
}
