// How is an amount in minor units written? With the decimals that ISO 4217 gives its currency: two
// for all that are not named here. Intl is no source for it, since its digits are those of custom.

const none = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'
const three = 'BHD IQD JOD KWD LYD OMR TND'
const four = 'CLF UYW'

const decimals = new Map<string, number>()
for (const [digits, codes] of [
  [0, none],
  [3, three],
  [4, four],
] as const)
  for (const code of codes.split(' ')) decimals.set(code, digits)

export function minorUnitsOf(currency: string): number {
  return decimals.get(currency) ?? 2
}

/** Such as `19.99`, `1999` (JPY) or `1.999` (KWD). `minor`: a whole number of minor units. */
export function decimalText(minor: bigint | number, currency: string): string {
  const digits = minorUnitsOf(currency)
  const amount = BigInt(minor)
  const text = String(amount < 0n ? -amount : amount).padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits)
  const sign = amount < 0n ? '-' : ''
  return digits === 0 ? `${sign}${whole}` : `${sign}${whole}.${text.slice(text.length - digits)}`
}
