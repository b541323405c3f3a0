// Which messages did the stages give up? Dead letters counted by stage and cause.

export interface DeadLetterMark {
  readonly action: 'replayed' | 'discarded'
  readonly by: string
  /** RFC 3339. */
  readonly at: string
  readonly edited?: boolean
  readonly forced?: boolean
}

export interface DeadLetterSummary {
  readonly id: string
  readonly stage: string
  readonly reason: string
  /** What the error said of trying again: `never`, `retry` or `unknown`. */
  readonly verdict?: string
  readonly message: string
  /** RFC 3339. */
  readonly at: string
  readonly state: 'open' | 'parked' | 'replayed' | 'discarded'
  readonly order?: string
  /** What was done with it, in order. */
  readonly marks?: readonly DeadLetterMark[]
}

export interface DeadLetterGroup {
  readonly stage: string
  readonly reason: string
  readonly verdict?: string
  readonly waiting: number
  /** Those of the waiting ones that were replayed so often that only force moves them. */
  readonly parked: number
  readonly oldest: string
  readonly newest: string
  /** The error message of the newest. */
  readonly message: string
  /** A few of the orders concerned, newest first. */
  readonly orders: readonly string[]
}

/** The newest dead letters of one stage and cause, for a person who looks into them. */
export interface DeadLetterDetails {
  readonly letters: readonly DeadLetterDetail[]
  /** Those that wait. */
  readonly waiting: number
  /** Why their messages are not in it; absent where they are. */
  readonly masked?: string
}

export interface DeadLetterDetail {
  readonly id: string
  /** RFC 3339. */
  readonly at: string
  readonly attempts: number
  readonly message: string
  /** Length of the message; more than the payload has when that is shortened. */
  readonly bytes: number
  readonly key?: string
  readonly payload?: string
  /** The payload is all of the message, and text. */
  readonly editable?: true
}

const shownOrders = 5

export function isWaiting({ state }: Pick<DeadLetterSummary, 'state'>): boolean {
  return state === 'open' || state === 'parked'
}

/** Those that still wait, the largest group first. */
export function groupDeadLetters(deadLetters: readonly DeadLetterSummary[]): DeadLetterGroup[] {
  const groups = new Map<string, DeadLetterSummary[]>()
  for (const deadLetter of deadLetters) {
    if (!isWaiting(deadLetter)) continue
    const key = JSON.stringify([deadLetter.stage, deadLetter.reason])
    groups.set(key, [...(groups.get(key) ?? []), deadLetter])
  }
  return [...groups.values()].map(groupOf).sort((a, b) => b.waiting - a.waiting || (a.newest < b.newest ? 1 : -1))
}

function groupOf(deadLetters: readonly DeadLetterSummary[]): DeadLetterGroup {
  const sorted = deadLetters.toSorted((a, b) => (a.at < b.at ? 1 : -1))
  const [newest] = sorted
  const oldest = sorted.at(-1)
  if (!newest || !oldest) throw new Error('a group has a letter')
  return {
    stage: newest.stage,
    reason: newest.reason,
    ...(newest.verdict === undefined ? {} : { verdict: newest.verdict }),
    waiting: deadLetters.length,
    parked: deadLetters.filter(({ state }) => state === 'parked').length,
    oldest: oldest.at,
    newest: newest.at,
    message: newest.message,
    orders: [...new Set(sorted.flatMap(({ order }) => order ?? []))].slice(0, shownOrders),
  }
}

/** Quoted where a shell would take it apart. */
function word(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** What cannot be helped by trying again is to be looked at first. */
export function nextCommand(
  command: string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { stage, reason, verdict }: Pick<DeadLetterGroup, 'stage' | 'reason' | 'verdict'>,
): string {
  const what = verdict === 'never' ? 'list' : 'replay'
  return `${command} dlq ${what} ${name} ${stage} --reason ${word(reason)} -n ${namespace}`
}
