// How is a pipeline stopped and started from the page? After what will happen has been said.
import { useEffect, useState } from 'preact/hooks'
import type { Done, Rights } from '../../model/actions.ts'
import { keyOf, type PipelineState } from '../../model/state.ts'
import { act } from '../actions.ts'
import { ActionButton, Confirm } from '../dialog.tsx'

interface SuspensionProps {
  readonly pipeline: PipelineState
  readonly rights: Rights
  readonly onDone: (done: Done) => void
}

export function Suspension({ pipeline, rights, onDone }: SuspensionProps) {
  const [asked, setAsked] = useState<boolean>()
  const suspend = !pipeline.suspended
  return (
    <>
      <ActionButton
        label={suspend ? 'Suspend …' : 'Resume …'}
        refused={rights.refused.suspend}
        onClick={() => setAsked(suspend)}
      />
      {asked !== undefined && (
        <Asked pipeline={pipeline} suspend={asked} onDone={onDone} onClose={() => setAsked(undefined)} />
      )}
    </>
  )
}

interface AskedProps {
  readonly pipeline: PipelineState
  readonly suspend: boolean
  readonly onDone: (done: Done) => void
  readonly onClose: () => void
}

function Asked({ pipeline, suspend, onDone, onClose }: AskedProps) {
  const [lines, setLines] = useState<readonly string[]>()
  useEffect(() => {
    void act<{ lines: readonly string[] }>(keyOf(pipeline), 'suspend', { suspend, dryRun: true }).then((answer) =>
      setLines('value' in answer ? answer.value.lines : [answer.message]),
    )
  }, [])
  const confirm = async () => {
    const answer = await act<Done>(keyOf(pipeline), 'suspend', { suspend })
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
