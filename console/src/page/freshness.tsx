// How old are the figures, and how does a colleague get to see this very view?
import { useState } from 'preact/hooks'
import type { ConsoleState } from '../model/state.ts'
import { clockText } from './words.ts'

export function Freshness({
  state,
  connected,
}: {
  readonly state: ConsoleState | undefined
  readonly connected: boolean
}) {
  const live = connected && state?.trouble === undefined
  const [copied, setCopied] = useState(false)
  const copy = async (): Promise<void> => {
    await copyText(location.href)
    setCopied(true)
    setTimeout(() => setCopied(false), 2_000)
  }
  return (
    <div class="freshness">
      <span class={live ? 'live' : 'live stale'} title={state ? `as of ${clockText(state.at)}` : ''}>
        {live ? 'Live' : state ? 'Not live' : 'Connecting'}
      </span>
      <button type="button" class="quiet" onClick={() => void copy()}>
        {copied ? 'Link copied' : 'Copy link'}
      </button>
      <span class="unseen" role="status">
        {copied ? 'The link to this view was copied.' : ''}
      </span>
    </div>
  )
}

/** Some browsers refuse; the text is then selected by hand. */
export function copyText(text: string): Promise<void> {
  return navigator.clipboard.writeText(text).catch(() => undefined)
}
