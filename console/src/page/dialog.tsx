// How does a person confirm what cannot be taken back? In a dialog that says what will happen, does
// it once, and stays open with the reason where it fails.
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import type { ActionResult } from '../model/actions.ts'
import type { Answered } from './live.ts'

export interface ConfirmProps {
  readonly title: string
  readonly confirm: string
  /** Something is lost by it. */
  readonly danger?: boolean
  /** Not possible yet, or not at all. */
  readonly disabled?: boolean
  readonly children: ComponentChildren
  /** Closes on an answer that is good. */
  readonly onConfirm: () => Promise<Answered<object>>
  readonly onClose: () => void
}

export function Confirm({ title, confirm, danger, disabled, children, onConfirm, onClose }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [state, setState] = useState<{ readonly busy: boolean; readonly failed?: string }>({ busy: false })
  const id = useId()
  useEffect(() => dialog.current?.showModal(), [])
  const submit = async (): Promise<void> => {
    setState({ busy: true })
    const answer = await onConfirm()
    if ('value' in answer) dialog.current?.close()
    else setState({ busy: false, failed: answer.message })
  }
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <h2 id={id}>{title}</h2>
        {children}
        <div role="alert">{state.failed !== undefined && <p class="banner">{state.failed}</p>}</div>
        <div class="choices">
          <button type="button" onClick={() => dialog.current?.close()}>
            Back
          </button>
          <button type="submit" class={danger ? 'danger' : 'primary'} disabled={disabled || state.busy}>
            {state.busy ? 'Doing it …' : confirm}
          </button>
        </div>
      </form>
    </dialog>
  )
}

interface ActionProps {
  readonly label: string
  /** For a person who does not see the text next to the button. */
  readonly about?: string
  /** Why it may not be done. */
  readonly refused: string | undefined
  /** The same reason is shown next to another button. */
  readonly saidBeside?: boolean
  readonly danger?: boolean
  readonly onClick: () => void
}

/** Without the right it stays where it is, and says why it does nothing. */
export function ActionButton({ label, about, refused: refusal, saidBeside, danger, onClick }: ActionProps) {
  const id = useId()
  return (
    <>
      <button
        type="button"
        class={danger ? 'danger' : ''}
        aria-label={about === undefined ? undefined : `${label} ${about}`}
        aria-disabled={refusal !== undefined}
        aria-describedby={refusal === undefined || saidBeside ? undefined : id}
        title={refusal}
        onClick={() => {
          if (refusal === undefined) onClick()
        }}
      >
        {label}
      </button>
      {refusal !== undefined && !saidBeside && (
        <span id={id} class="hint refused">
          {refusal}
        </span>
      )}
    </>
  )
}

/** What came of an action. */
export function ActionResultText({ done }: { readonly done: ActionResult | undefined }) {
  return (
    <div role="status">
      {done && (
        <p class="done">
          {done.message} {done.notRecorded}
        </p>
      )}
    </div>
  )
}
