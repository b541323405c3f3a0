// How is a pipeline stopped and started from the page? After the page has said what will happen.
import { useEffect, useState } from 'preact/hooks'
import type { ActionResult, Rights } from '../../model/actions.ts'
import { keyOf } from '../../model/state.ts'
import type { PipelineState } from '../../model/state.ts'
import { act } from '../actions.ts'
import { ActionButton, Confirm } from '../dialog.tsx'

interface SuspensionProps {
  readonly pipeline: PipelineState
  readonly rights: Rights
  readonly onDone: (done: ActionResult) => void
}

export function Suspension({ pipeline, rights, onDone }: SuspensionProps) {
  const [pendingSuspend, setPendingSuspend] = useState<boolean>()
  const suspend = !pipeline.suspended
  return (
    <>
      <ActionButton
        label={suspend ? 'Suspend …' : 'Resume …'}
        refused={rights.refused.suspend}
        onClick={() => setPendingSuspend(suspend)}
      />
      {pendingSuspend !== undefined && (
        <Confirmation
          pipeline={pipeline}
          suspend={pendingSuspend}
          onDone={onDone}
          onClose={() => setPendingSuspend(undefined)}
        />
      )}
    </>
  )
}

interface ConfirmationProps {
  readonly pipeline: PipelineState
  readonly suspend: boolean
  readonly onDone: (done: ActionResult) => void
  readonly onClose: () => void
}

function Confirmation({ pipeline, suspend, onDone, onClose }: ConfirmationProps) {
  const [lines, setLines] = useState<readonly string[]>()
  useEffect(() => {
    void act<{ lines: readonly string[] }>(keyOf(pipeline), 'suspend', { suspend, dryRun: true }).then((answer) =>
      setLines('value' in answer ? answer.value.lines : [answer.message]),
    )
  }, [])
  const confirm = async () => {
    const answer = await act<ActionResult>(keyOf(pipeline), 'suspend', { suspend })
    if ('value' in answer) onDone(answer.value)
    return answer
  }
  const verb = suspend ? 'Suspend' : 'Resume'
  return (
    <Confirm
      {...{ title: `${verb} ${pipeline.name}?`, confirm: verb, danger: suspend, disabled: lines === undefined }}
      {...{ onConfirm: confirm, onClose }}
    >
      {lines === undefined && <p class="empty">Asking what will happen …</p>}
      <ul>
        {lines?.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </Confirm>
  )
}
