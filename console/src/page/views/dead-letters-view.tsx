// Which messages did the stages give up? Counted by stage and cause, with what a retry would bring
// and the command that does it.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ActionResult, Rights } from '../../model/actions.ts'
import { nextCommand } from '../../model/dead-letters.ts'
import { filterQuery } from '../../model/dead-letter-filter.ts'
import type { DeadLetterFilter } from '../../model/dead-letter-filter.ts'
import type { DeadLetters } from '../../model/dead-letter-search.ts'
import type { DeadLetterGroup } from '../../model/dead-letters.ts'
import { keyOf } from '../../model/state.ts'
import type { PipelineState } from '../../model/state.ts'
import { CopyCommand } from '../copy-command.tsx'
import { ActionResultText } from '../dialog.tsx'
import { fetchJson } from '../live.ts'
import type { Answered } from '../live.ts'
import { pathOf } from '../route.ts'
import { clockText, dateText, plural } from '../words.ts'
import { DeadLetterActions } from './dead-letter-actions.tsx'
import { DeadLetterDecisions } from './dead-letter-decisions.tsx'
import { DeadLetterMessages } from './dead-letter-messages.tsx'
import { DeadLetterSearch } from './dead-letter-search.tsx'
import { Replays, useReplays } from './replays.tsx'

const againMs = 15_000

interface DeadLettersViewProps {
  readonly pipeline: PipelineState
  readonly command: string
  readonly writes: boolean
  readonly rights: Rights | undefined
  readonly filter: DeadLetterFilter
}

export function DeadLettersView({ pipeline, command, writes, rights, filter }: DeadLettersViewProps) {
  const key = keyOf(pipeline)
  const [acted, setActed] = useState<{ readonly times: number; readonly done?: ActionResult | undefined }>({ times: 0 })
  const runs = useReplays(key, writes, acted.times)
  // Each action, and each replay that has ended, changed which dead letters wait.
  const endedCount = runs.filter(({ state }) => state !== 'running').length
  const answer = useDeadLetters(key, filterQuery(filter), `${acted.times} ${endedCount}`)
  const onDone = (done: ActionResult | undefined): void => setActed(({ times }) => ({ times: times + 1, done }))
  return (
    <>
      <h1>Dead letters</h1>
      {answer === undefined && <p class="empty">Reading the dead-letter topics …</p>}
      {answer && 'message' in answer && (
        <p class="banner" role="alert">
          {answer.message}
        </p>
      )}
      <ActionResultText done={acted.done} />
      <Replays pipeline={key} {...{ runs, rights }} />
      {answer && 'value' in answer && (
        <>
          <DeadLetterSearch pipeline={key} filter={filter} found={answer.value} />
          <DeadLetterGroups letters={answer.value} {...{ pipeline, command, rights, filter, onDone }} />
          <DeadLetterDecisions decisions={answer.value.decisions} />
        </>
      )}
    </>
  )
}

/** What was found before stays on the page until the answer to another search is there. */
function useDeadLetters(pipeline: string, query: string, since: string): Answered<DeadLetters> | undefined {
  const [entry, setEntry] = useState<{ readonly of: string; readonly answer: Answered<DeadLetters> }>()
  useEffect(() => {
    let cancelled = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = async (): Promise<void> => {
      const answer = await fetchJson<DeadLetters>(`/api/dead-letters/${pipeline}?${query}`)
      if (cancelled) return
      setEntry({ of: pipeline, answer })
      timer = setTimeout(() => void look(), againMs)
    }
    void look()
    return () => {
      cancelled = true
      clearTimeout(timer)
    }
  }, [pipeline, query, since])
  return entry?.of === pipeline ? entry.answer : undefined
}

interface ShownProps extends Omit<DeadLettersViewProps, 'writes'> {
  readonly onDone: (done: ActionResult | undefined) => void
}

interface DeadLetterGroupsProps extends ShownProps {
  readonly letters: DeadLetters
}

function DeadLetterGroups({ letters: { waiting, groups, at }, ...groupProps }: DeadLetterGroupsProps) {
  const { filter } = groupProps
  const verdict = useRef<HTMLParagraphElement>(null)
  // What had the focus may have been part of a group that is not there any more.
  const countBefore = useRef(groups.length)
  useEffect(() => {
    const isFewer = groups.length < countBefore.current
    countBefore.current = groups.length
    if (isFewer && document.activeElement === document.body) verdict.current?.focus({ preventScroll: true })
  }, [groups.length])
  const heading = { ref: verdict, tabIndex: -1 }
  if (filter.state === 'replayed' || filter.state === 'discarded') return null
  const isFiltered = Object.keys(filter).length > 0
  if (groups.length === 0 && isFiltered)
    return (
      <p class="verdict" {...heading}>
        No waiting message matches (as of {clockText(at)}).
      </p>
    )
  if (groups.length === 0)
    return (
      <p class="verdict good" {...heading}>
        No message waits in a dead-letter topic (as of {clockText(at)}).
      </p>
    )
  return (
    <>
      <p class="verdict bad" {...heading}>
        <strong>{plural(waiting, 'message')}</strong> of {plural(groups.length, 'cause')}{' '}
        {waiting === 1 ? 'waits' : 'wait'} for a decision (as of {clockText(at)}).
      </p>
      {(filter.text !== undefined || filter.state === 'parked') && (
        <p class="hint">
          Only those that match are counted; actions and commands concern all of their stage and cause.
        </p>
      )}
      <ul class="groups">
        {groups.map((group) => (
          <li key={`${group.stage} ${group.reason}`} class="panel">
            <Group {...groupProps} group={group} />
          </li>
        ))}
      </ul>
    </>
  )
}

const verdicts: Readonly<Record<string, string>> = {
  never: 'Trying again cannot help: the message has to be mended first.',
  retry: 'Trying again may help: it was tried as often as allowed.',
  unknown: 'Nobody knows whether trying again helps: the error is not one that the stage expects.',
}

interface GroupProps extends ShownProps {
  readonly group: DeadLetterGroup
}

function Group({ group, pipeline, command, rights, onDone }: GroupProps) {
  const { stage, reason, waiting, parked, oldest, newest, message, orders, verdict } = group
  return (
    <>
      <div class="panel-head">
        <h2>
          {stage} <span class="reason">{reason}</span>
        </h2>
        <span class="count">
          <b>{waiting}</b> waiting
        </span>
      </div>
      <p class="message">{message}</p>
      <p>
        {verdict === undefined ? '' : verdicts[verdict]}
        {parked > 0
          ? ` ${plural(parked, 'letter')} of them came back too often and ${parked === 1 ? 'is' : 'are'} only replayed by force.`
          : ''}
      </p>
      <dl class="facts">
        <dt>Oldest</dt>
        <dd>{dateText(oldest)}</dd>
        <dt>Newest</dt>
        <dd>{dateText(newest)}</dd>
        {orders.length > 0 && (
          <>
            <dt>Orders</dt>
            <dd>
              {orders.map((id) => (
                <a key={id} href={pathOf({ view: 'orders', pipeline: keyOf(pipeline), id })}>
                  <code>{id}</code>
                </a>
              ))}
            </dd>
          </>
        )}
      </dl>
      {rights && <DeadLetterMessages pipeline={keyOf(pipeline)} {...{ group, rights, onDone }} />}
      {rights && <DeadLetterActions pipeline={keyOf(pipeline)} {...{ group, rights, onDone }} />}
      <p class="hint">
        {verdict === 'never'
          ? 'To see them; dlq replay <letter> --edit plays a mended one again:'
          : `${rights ? 'In' : 'This console changes nothing; to play them again, in'} a terminal:`}
      </p>
      <CopyCommand
        command={nextCommand(command, pipeline, group)}
        label={`that ${verdict === 'never' ? 'lists' : 'replays'} ${reason} of ${stage}`}
      />
    </>
  )
}
