// What is in the dead letters of one stage and cause? The newest ones, read when a person asks for
// them; their messages where the person may see payloads, and otherwise why not.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ActionResult, Rights } from '../../model/actions.ts'
import type { DeadLetterDetail, DeadLetterDetails, DeadLetterGroup } from '../../model/dead-letters.ts'
import { act } from '../actions.ts'
import { ActionButton, Confirm } from '../dialog.tsx'
import { fetchJson } from '../live.ts'
import type { Answered } from '../live.ts'
import { dateText, plural } from '../words.ts'

interface LetterMessagesProps {
  readonly pipeline: string
  readonly group: Pick<DeadLetterGroup, 'stage' | 'reason'>
  readonly rights: Rights
  readonly onDone: (done: ActionResult) => void
}

export function DeadLetterMessages({ pipeline, group: { stage, reason }, rights, onDone }: LetterMessagesProps) {
  const [answer, setAnswer] = useState<Answered<DeadLetterDetails> | 'reading'>()
  const read = async (): Promise<void> => {
    setAnswer('reading')
    const query = new URLSearchParams({ stage, reason }).toString()
    setAnswer(await fetchJson<DeadLetterDetails>(`/api/letters/${pipeline}?${query}`))
  }
  return (
    <div class="letters" aria-live="polite">
      {answer === undefined && (
        <div class="actions">
          <ActionButton
            {...{ label: 'Look into them', about: `${reason} of ${stage}`, refused: rights.refused.letters }}
            onClick={() => void read()}
          />
        </div>
      )}
      {answer === 'reading' && <p class="empty">Reading the letters …</p>}
      {typeof answer === 'object' && 'message' in answer && <p class="banner">{answer.message}</p>}
      {typeof answer === 'object' && 'value' in answer && (
        <Messages {...{ pipeline, rights, onDone, details: answer.value }} />
      )}
    </div>
  )
}

interface LettersProps extends Omit<LetterMessagesProps, 'group'> {
  readonly details: DeadLetterDetails
}

function Messages({ details: { letters, waiting, masked }, ...props }: LettersProps) {
  const title = useRef<HTMLHeadingElement>(null)
  // The button that asked for them, which had the focus, is gone.
  useEffect(() => title.current?.focus(), [])
  return (
    <>
      <h3 ref={title} tabIndex={-1}>{`The newest ${letters.length} of ${waiting}`}</h3>
      {masked !== undefined && <p class="hint refused">Their messages are masked: {masked}</p>}
      <ul class="groups">
        {letters.map((letter) => (
          <li key={letter.id}>
            <Message letter={letter} isMasked={masked !== undefined} {...props} />
          </li>
        ))}
      </ul>
    </>
  )
}

interface LetterProps extends Omit<LetterMessagesProps, 'group'> {
  readonly letter: DeadLetterDetail
  readonly isMasked: boolean
}

function Message({ letter, isMasked, pipeline, rights, onDone }: LetterProps) {
  const { id, at, attempts, bytes, message, key, payload, editable } = letter
  const [isEditing, setIsEditing] = useState(false)
  return (
    <>
      <p>
        <code>{id}</code> {`${dateText(at)}, ${plural(attempts, 'attempt')}, ${plural(bytes, 'byte')}`}
        {key !== undefined && (
          <>
            , key <code>{key}</code>
          </>
        )}
      </p>
      <p class="message">{message}</p>
      <pre class="payload" tabIndex={0} role="region" aria-label={`Message of ${id}`}>
        {isMasked ? '••••••••' : (payload ?? 'no message')}
      </pre>
      {editable && (
        <ActionButton
          {...{ label: 'Edit and replay …', about: id, refused: rights.refused.replay }}
          onClick={() => setIsEditing(true)}
        />
      )}
      {isEditing && (
        <Editing {...{ pipeline, id, payload: payload ?? '', onDone }} onClose={() => setIsEditing(false)} />
      )}
    </>
  )
}

interface EditingProps {
  readonly pipeline: string
  readonly id: string
  readonly payload: string
  readonly onDone: (done: ActionResult) => void
  readonly onClose: () => void
}

function Editing({ pipeline, id, payload, onDone, onClose }: EditingProps) {
  const [value, setValue] = useState(payload)
  const confirm = async () => {
    const answer = await act<ActionResult>(pipeline, 'replay-edited', { letter: id, value })
    if ('value' in answer) onDone(answer.value)
    return answer
  }
  return (
    <Confirm
      {...{ title: `Edit and replay ${id}?`, confirm: 'Replay the edited message', onConfirm: confirm, onClose }}
      disabled={value === payload || value === ''}
    >
      <p>
        The edited message is played in the place of this one, for its stage alone. What the stage cannot read stays.
      </p>
      <label class="field wide">
        Message
        <textarea
          {...{ rows: 12, value, spellcheck: false }}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
      </label>
    </Confirm>
  )
}
