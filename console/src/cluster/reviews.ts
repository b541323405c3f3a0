// Who is the owner of a token, and what may they? The API server says both, asked with that very
// token: a token that it does not accept gets nowhere, and the console's own account needs no right
// to review others. Answers are kept for seconds.
import { createHash } from 'node:crypto'
import { accessRefusal, CommandError, KubeRefusedError, reviewedName } from '@orderpipeline/client'
import type { Access, ApiServer } from '@orderpipeline/client'
import { recent } from './recent.ts'

export interface Reviews {
  /** undefined where the API server does not accept the token. @throws CommandError */
  name(token: string): Promise<string | undefined>
  /** Why not; undefined where all of it is allowed. @throws CommandError */
  refusal(token: string, accesses: readonly Access[]): Promise<string | undefined>
}

export interface ReviewsOptions {
  readonly as: (token: string) => Pick<ApiServer, 'send'>
  readonly now?: () => number
}

export const keptMs = 10_000
const mostNames = 1_000
const mostRefusals = 4_000
/** Tokens that are not known yet: a flood of wrong ones does not become one of the API server. */
const unknownAtOnce = 16
const tokenPattern = /^[\x21-\x7e]{1,16384}$/
const anonymous = 'system:anonymous'

export function createReviews({ as, now = () => performance.now() }: ReviewsOptions): Reviews {
  const names = recent<string | undefined>({ ms: keptMs, most: mostNames, now })
  const refusals = recent<string | undefined>({ ms: keptMs, most: mostRefusals, now })
  let unknown = 0
  const review = async (token: string): Promise<string | undefined> => {
    if (unknown >= unknownAtOnce) throw new CommandError('Too many sign in at once; try again.')
    unknown += 1
    try {
      const name = await reviewedName(as(token))
      return name === anonymous ? undefined : name
    } catch (error) {
      if (error instanceof KubeRefusedError && error.status === 401) return undefined
      throw error
    } finally {
      unknown -= 1
    }
  }
  return {
    name: (token) =>
      tokenPattern.test(token) ? names(digest(token), () => review(token)) : Promise.resolve(undefined),
    refusal: async (token, accesses) => {
      for (const access of accesses) {
        const key = digest(token, JSON.stringify(access))
        const refusal = await refusals(key, () => accessRefusal(as(token), access))
        if (refusal !== undefined) return refusal
      }
      return undefined
    },
  }
}

/** No token is kept as a key. */
function digest(...texts: readonly string[]): string {
  return createHash('sha256').update(texts.join('\0')).digest('base64')
}
