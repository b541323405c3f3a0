// For how long does a held order wait for a person, and what becomes of it then?

/** How time decides. */
export type AtDue = 'CANCEL' | 'RELEASE'

export interface HoldSettings {
  /** From the hold until time decides. */
  readonly seconds: number
  readonly atDue: AtDue
}

export const defaultHolds: HoldSettings = { seconds: 86_400, atDue: 'CANCEL' }
