// May a customer have another code sent? Each one is an SMS that the shop pays for, to a number
// whose owner may not have requested it.

export interface RecentCode {
  readonly ofCustomer: boolean
  readonly ofPhone: boolean
  /** Since it was requested. */
  readonly ageSeconds: number
}

/** In a day, for one customer and for one number. */
export const codesADay = 5
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
  const ofPhone = recent.filter((code) => code.ofPhone)
  return Math.max(wait(ofCustomer), wait(ofPhone))
}

function wait(codes: readonly RecentCode[]): number {
  const ages = codes.map(({ ageSeconds }) => ageSeconds).toSorted((one, other) => one - other)
  const [latest] = ages
  const oldestOfFull = ages[codesADay - 1]
  return Math.max(
    0,
    latest === undefined ? 0 : secondsBetweenCodes - latest,
    oldestOfFull === undefined ? 0 : daySeconds - oldestOfFull,
  )
}
