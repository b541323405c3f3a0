// May a customer have another code sent? Each one is an SMS that the shop pays for, to a number
// whose owner may not have requested it.

export interface RecentCode {
  readonly ofCustomer: boolean
  readonly ofPhone: boolean
  /** Since it was requested. */
  readonly ageSeconds: number
}

/**
 * In a day, for one customer; and where others have had as many for the number, the customer has no
 * second one. The first one stays: else anybody could keep its owner from confirming it.
 */
export const codesADay = 5
/** For one number: an attacker needs more than a dozen accounts to use them up. */
export const codesOfOthersADay = 20
/** Between two codes of one customer, or of one number. */
export const secondsBetweenCodes = 60
/** In which the shop sends `SMS_CODES_PER_HOUR` at most. */
export const hourSeconds = 3_600
/** From the moment at which its SMS is sent; and a request is of no use after as long. */
export const codeSeconds = 600
export const triesOfCode = 5

const daySeconds = 86_400

/** `recent`: the codes of the last day. Returns 0 where another one may be sent now. */
export function secondsUntilNextCode(recent: readonly RecentCode[]): number {
  const ofCustomer = recent.filter((code) => code.ofCustomer)
  const ofOthers = recent.filter((code) => !code.ofCustomer)
  const first = !ofCustomer.some((code) => code.ofPhone)
  return Math.max(wait(ofCustomer, codesADay), wait(ofOthers, first ? codesOfOthersADay : codesADay))
}

function wait(codes: readonly RecentCode[], most: number): number {
  const ages = codes.map(({ ageSeconds }) => ageSeconds).toSorted((one, other) => one - other)
  const [latest] = ages
  const oldestOfFull = ages[most - 1]
  return Math.max(
    0,
    latest === undefined ? 0 : secondsBetweenCodes - latest,
    oldestOfFull === undefined ? 0 : daySeconds - oldestOfFull,
  )
}
