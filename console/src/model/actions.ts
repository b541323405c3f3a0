// What may be done from the page, and what comes of it? Plain data between the server and the page.

/** What is allowed to do or not; suspending and resuming are one. */
export const actionRights = ['suspend', 'replay', 'discard', 'cancel', 'hold', 'try'] as const
/** What is allowed to see or not, beyond the pipeline itself. */
export const readRights = ['orders', 'letters', 'payloads'] as const
export const rightNames = [...actionRights, ...readRights] as const
export type ActionRight = (typeof actionRights)[number]
export type ReadRight = (typeof readRights)[number]
export type RightName = (typeof rightNames)[number]

/** Who reads this page, and whether they can sign in and out. */
export interface Session {
  /** Whether this console asks who its readers are. */
  readonly signsIn: boolean
  /** The name that the API server gives them; absent until they have signed in. */
  readonly by?: string
  /** Why they see nothing; absent where they see something. */
  readonly refused?: string
  /** Whether they signed in on this page, and so can sign out. */
  readonly signsOut?: boolean
}

export interface Rights {
  /** Under which name actions are recorded; absent without the key of this console. */
  readonly by?: string
  /** Why not, for each that is not allowed. */
  readonly refused: Readonly<Partial<Record<RightName, string>>>
}

/** What replaying or discarding the dead letters of one stage and cause would do. */
export interface ReplayPreview {
  readonly replayed: number
  readonly discarded: number
  /** Those that a replay leaves, counted by why. */
  readonly left: readonly { readonly why: string; readonly letters: number }[]
  /**
   * RFC 3339: when the newest of them was given up. An action takes no newer one: what it does is
   * what was shown.
   */
  readonly newest: string
}

export interface ReplayRunState {
  readonly id: string
  readonly stage: string
  readonly reason: string
  readonly by: string
  /** RFC 3339. */
  readonly startedAt: string
  readonly perSecond: number
  readonly total: number
  readonly done: number
  readonly state: 'running' | 'done' | 'stopped' | 'failed'
  /** Why it failed, or what else is to be known. */
  readonly message?: string
}

export const largestRate = 10_000
export const defaultRate = 100

/** What came of an action. */
export interface ActionResult {
  readonly message: string
  /** It was done; that it is not recorded as an Event is why this is here. */
  readonly notRecorded?: string
}
