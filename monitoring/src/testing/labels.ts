// Does an expression name metrics and labels that are there, where it names them? The labels are
// followed from the selectors through aggregations, functions and operators. Pure.
import type { Binary, Expression } from './promql.ts'

export type Labels = ReadonlySet<string>

/** The labels of a metric or a recorded rule; undefined for an unknown name. */
export type LabelsOf = (metric: string) => Labels | undefined

export interface Checked {
  /** Those of the result. */
  readonly labels: Labels
  readonly problems: readonly string[]
}

export function checkedLabels(expression: Expression, labelsOf: LabelsOf): Checked {
  const problems: string[] = []
  const must = (labels: Labels, names: Iterable<string>, what: string): void => {
    for (const name of names) if (!labels.has(name)) problems.push(`${what} has no label ${name}`)
  }

  const follow = (of: Expression): Labels => {
    switch (of.kind) {
      case 'scalar':
        return none
      case 'selector': {
        const labels = labelsOf(of.metric)
        if (!labels) problems.push(`no program has the metric ${of.metric}`)
        else must(labels, new Set(of.matchers.map(({ label }) => label)), of.metric)
        return labels ?? none
      }
      case 'aggregation': {
        const labels = follow(of.of)
        must(labels, of.labels, of.of.text)
        return of.by ? new Set(of.labels) : without(labels, of.labels)
      }
      case 'call': {
        const labels = of.args.map(follow).find(({ size }) => size > 0) ?? none
        if (of.name !== 'histogram_quantile') return labels
        must(labels, ['le'], of.text)
        return without(labels, ['le'])
      }
      case 'binary':
        return followBoth(of, follow(of.left), follow(of.right))
    }
  }

  const followBoth = (of: Binary, ofLeft: Labels, ofRight: Labels): Labels => {
    const { operator, matching } = of
    if (isScalar(of.left) || isScalar(of.right)) return isScalar(of.left) ? ofRight : ofLeft
    if (operator === 'or') return new Set([...ofLeft, ...ofRight])
    const compared = matching?.on ? new Set(matching.labels) : undefined
    if (compared) {
      must(ofLeft, compared, of.left.text)
      must(ofRight, compared, of.right.text)
    } else if (!same(without(ofLeft, matching?.labels ?? []), without(ofRight, matching?.labels ?? []))) {
      const sides = `${texts(ofLeft)}; ${texts(ofRight)}`
      problems.push(`${of.text}: no series of one side has the labels of the other: ${sides}`)
    }
    return compared && !['and', 'unless'].includes(operator) ? compared : ofLeft
  }

  return { labels: follow(expression), problems }
}

const none: Labels = new Set()

function without(labels: Labels, names: readonly string[]): Labels {
  return new Set([...labels].filter((label) => !names.includes(label)))
}

function same(one: Labels, other: Labels): boolean {
  return one.size === other.size && [...one].every((label) => other.has(label))
}

function texts(labels: Labels): string {
  return [...labels].sort().join(', ')
}

/** A number, or what is computed of numbers. */
function isScalar(expression: Expression): boolean {
  if (expression.kind === 'scalar') return true
  return expression.kind === 'binary' && isScalar(expression.left) && isScalar(expression.right)
}
