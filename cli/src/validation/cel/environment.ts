// Which language are the rules written in? CEL as the API server has it: the library's, and the
// functions that Kubernetes adds and our rules may use. A rule that uses another does not compile,
// which a test notices.
import { Environment } from '@marcbachmann/cel-js'
import { RE2JS } from 're2js'
import { formatted } from './format.ts'

type Ordered = bigint | number | string

export function ruleLanguage(): Environment {
  return new Environment({
    // The library does not know the schema's types: a rule that is wrong about types is refused by
    // the API server when the CRD is applied, long before it is used here.
    unlistedVariablesAreDyn: false,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
  })
    .registerVariable('self', 'dyn')
    .registerVariable('oldSelf', 'dyn')
    .registerFunction('string.format(list<dyn>): string', (template: string, values: readonly unknown[]) =>
      formatted(template, values),
    )
    .registerFunction('string.find(string): string', (text: string, pattern: string) => {
      const matcher = RE2JS.compile(pattern).matcher(text)
      return matcher.find() ? matcher.group() : ''
    })
    .registerFunction('list<dyn>.sum(): dyn', (items: readonly (bigint | number)[]) =>
      items.reduce<bigint | number>(
        (sum, item) => (typeof sum === 'bigint' && typeof item === 'bigint' ? sum + item : Number(sum) + Number(item)),
        0n,
      ),
    )
    .registerFunction('list<dyn>.min(): dyn', (items: readonly Ordered[]) => extreme(items, (a, b) => a < b))
    .registerFunction('list<dyn>.max(): dyn', (items: readonly Ordered[]) => extreme(items, (a, b) => a > b))
    .registerFunction('list<dyn>.isSorted(): bool', (items: readonly Ordered[]) =>
      items.every((item, index) => index === 0 || (items[index - 1] as Ordered) <= item),
    )
    .registerFunction('list<dyn>.indexOf(dyn): int', (items: readonly unknown[], item: unknown) =>
      BigInt(items.indexOf(item)),
    )
}

function extreme(items: readonly Ordered[], before: (a: Ordered, b: Ordered) => boolean): Ordered {
  const [first, ...others] = items
  if (first === undefined) throw new RangeError('min/max called on empty list')
  return others.reduce((best, item) => (before(item, best) ? item : best), first)
}
