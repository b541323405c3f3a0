// What does a PromQL expression consist of? Read by the grammar of Prometheus' own web page, and
// reduced to what decides about names of metrics and labels. Pure.
import { parser } from '@prometheus-io/lezer-promql'

type Node = ReturnType<typeof parser.parse>['topNode']

export interface Matcher {
  readonly label: string
  readonly operator: string
  readonly value: string
}

export type Expression =
  | { readonly kind: 'scalar'; readonly text: string }
  | { readonly kind: 'selector'; readonly text: string; readonly metric: string; readonly matchers: readonly Matcher[] }
  | {
      readonly kind: 'aggregation'
      readonly text: string
      /** `by`: these labels remain; else all others. */
      readonly by: boolean
      readonly labels: readonly string[]
      readonly of: Expression
    }
  | { readonly kind: 'call'; readonly text: string; readonly name: string; readonly args: readonly Expression[] }
  | Binary

export interface Binary {
  readonly kind: 'binary'
  readonly text: string
  readonly operator: string
  /** The labels that both sides are compared by; absent means all. */
  readonly matching?: { readonly on: boolean; readonly labels: readonly string[] }
  readonly left: Expression
  readonly right: Expression
}

/** @throws Error where it is no PromQL */
export function expressionOf(text: string): Expression {
  const tree = parser.parse(text)
  tree.iterate({
    enter: ({ type, from }) => {
      if (type.isError) throw new Error(`no PromQL from character ${from} on: ${text}`)
    },
  })
  const top = tree.topNode.firstChild
  if (!top) throw new Error('an empty expression')
  return read(top, text)
}

function textOf({ from, to }: Node, text: string): string {
  return text.slice(from, to)
}

function childrenOf(node: Node, ...names: readonly string[]): Node[] {
  return names.flatMap((name) => node.getChildren(name))
}

/** Those that are expressions themselves. */
function partsOf(node: Node): Node[] {
  return node.getChildren('Expr')
}

function labelNamesIn(node: Node | null | undefined, text: string): string[] {
  const grouping = node?.getChild('GroupingLabels')
  return grouping ? childrenOf(grouping, 'LabelName').map((label) => textOf(label, text)) : []
}

function read(node: Node, whole: string): Expression {
  const text = textOf(node, whole)
  const [first, second] = partsOf(node)
  switch (node.name) {
    case 'NumberDurationLiteral':
    case 'StringLiteral':
      return { kind: 'scalar', text }
    case 'VectorSelector':
      return { ...selectorOf(node, whole), text }
    case 'AggregateExpr':
      return { ...aggregationOf(node, whole), text }
    case 'FunctionCall': {
      const body = node.getChild('FunctionCallBody')
      const name = node.getChild('FunctionIdentifier')
      const args = (body ? partsOf(body) : []).map((part) => read(part, whole))
      return { kind: 'call', text, name: name ? textOf(name, whole) : '', args }
    }
    case 'BinaryExpr':
      if (first && second) return { ...binaryOf(node, [first, second], whole), text }
      break
    default:
      // In parentheses, with an offset, over a time, or with a sign: its labels are the same.
      if (first) return read(first, whole)
  }
  throw new Error(`${node.name} is not read: ${text}`)
}

function selectorOf(node: Node, text: string) {
  const metric = node.getChild('Identifier')
  const list = node.getChild('LabelMatchers')
  const matchers = (list ? childrenOf(list, 'UnquotedLabelMatcher') : []).map((matcher): Matcher => {
    const part = (name: string): string => childrenOf(matcher, name).map((child) => textOf(child, text))[0] ?? ''
    return { label: part('LabelName'), operator: part('MatchOp'), value: part('StringLiteral').slice(1, -1) }
  })
  return { kind: 'selector' as const, metric: metric ? textOf(metric, text) : '', matchers }
}

function aggregationOf(node: Node, text: string) {
  const modifier = node.getChild('AggregateModifier')
  const body = node.getChild('FunctionCallBody')
  const of = body && partsOf(body).at(-1)
  if (!of) throw new Error(`an aggregation of nothing: ${textOf(node, text)}`)
  return {
    ...{ kind: 'aggregation' as const, by: modifier?.getChild('Without') == null },
    ...{ labels: labelNamesIn(modifier, text), of: read(of, text) },
  }
}

function binaryOf(node: Node, [left, right]: readonly [Node, Node], text: string) {
  const clause = node.getChild('MatchingModifierClause')
  const operator = left.nextSibling
  return {
    ...{ kind: 'binary' as const, operator: operator ? textOf(operator, text).toLowerCase() : '' },
    ...{ left: read(left, text), right: read(right, text) },
    ...(clause && { matching: { on: clause.getChild('On') !== null, labels: labelNamesIn(clause, text) } }),
  }
}

export type Selector = Extract<Expression, { readonly kind: 'selector' }>

export function selectorsIn(expression: Expression): readonly Selector[] {
  switch (expression.kind) {
    case 'scalar':
      return []
    case 'selector':
      return [expression]
    case 'aggregation':
      return selectorsIn(expression.of)
    case 'call':
      return expression.args.flatMap(selectorsIn)
    case 'binary':
      return [...selectorsIn(expression.left), ...selectorsIn(expression.right)]
  }
}

/**
 * The parts that must have data for the whole to say something: both sides of each operator, also
 * below aggregations, without numbers and without what stands in for absent data, as `vector(0)`.
 */
export function operandsOf(expression: Expression): readonly Expression[] {
  if (selectorsIn(expression).length === 0) return []
  if (expression.kind === 'binary') return [...operandsOf(expression.left), ...operandsOf(expression.right)]
  if (expression.kind === 'aggregation' && expression.of.kind === 'binary') return operandsOf(expression.of)
  return [expression]
}
