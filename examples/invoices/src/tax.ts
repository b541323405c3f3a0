// Which tax is in a price? The shop's prices include it, since a customer is charged the sum of
// the prices. Pure: the rate by country and product, and the tax of a line in whole minor units.

/** Thousandths of a percent: 19000 is 19 %, 9975 is 9.975 %. */
export type Rate = number

interface Rule {
  /** ISO 3166 code; `*` is every country without a rule of its own. */
  readonly country: string
  /** The products that it is for: those whose SKU begins so. */
  readonly skuPrefix: string
  readonly rate: Rate
}
export type Rates = readonly Rule[]

const ruleText = /^(\*|[A-Z]{2})(?::([A-Z0-9][A-Z0-9-]{0,39}))?=(\d{1,2}(?:\.\d{1,3})?)$/

/**
 * Such as `DE=19 DE:BOOK-=7 *=0`: country, the beginning of the SKUs, percent.
 * @throws Error, which names the wrong rule
 */
export function ratesOf(text: string): Rates {
  const rules = text
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map((part) => {
      const [, country, skuPrefix = '', percent] = ruleText.exec(part) ?? []
      if (country === undefined || percent === undefined)
        throw new Error(`'${part}' is no rate; allowed: DE=19, DE:BOOK-=7 (SKUs that begin with BOOK-), *=0`)
      return { country, skuPrefix, rate: Math.round(Number(percent) * 1_000) }
    })
  const names = rules.map(({ country, skuPrefix }) => `${country}:${skuPrefix}`)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw new Error(`there are two rates for ${twice.replace(/:$/, '')}`)
  return rules
}

/**
 * A rule of the country before one of `*`, and then the longest beginning of the SKU. `undefined`:
 * the table has no rate.
 */
export function rateFor(rates: Rates, country: string, sku: string): Rate | undefined {
  const rules = rates.filter(({ skuPrefix }) => sku.startsWith(skuPrefix))
  const own = rules.filter((rule) => rule.country === country)
  const others = rules.filter((rule) => rule.country === '*')
  const [best] = (own.length > 0 ? own : others).sort((a, b) => b.skuPrefix.length - a.skuPrefix.length)
  return best?.rate
}

/** The tax in a price that includes it, rounded half up to a whole minor unit. */
export function taxIn(grossCents: number, rate: Rate): number {
  const [of, parts] = [BigInt(grossCents) * BigInt(rate), BigInt(100_000 + rate)]
  return Number((2n * of + parts) / (2n * parts))
}

/** `19`, `9.975` */
export function percentText(rate: Rate): string {
  return String(rate / 1_000)
}
