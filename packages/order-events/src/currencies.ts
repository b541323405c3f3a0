// How many decimals has a currency? ISO 4217 says so; two, for all that are not named here. The
// platform's Intl is no source for it: its digits are those of custom, such as none for the lek,
// which ISO gives two.

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

/**
 * Digits after the decimal point of an amount in the currency: an amount in minor units is the
 * amount times 10 to their power.
 */
export function minorUnitsOf(currency: string): number {
  return decimals.get(currency) ?? 2
}

/** Such as `19.99 EUR`, `1999 JPY` or `1.999 KWD`. `minor`: a whole number of minor units. */
export function amountText(minor: number, currency: string): string {
  const digits = minorUnitsOf(currency)
  const text = String(Math.abs(minor)).padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits)
  const sign = minor < 0 ? '-' : ''
  return `${sign}${whole}${digits === 0 ? '' : `.${text.slice(text.length - digits)}`} ${currency}`
}
