// Is the SQL of a service where readers look for it, under a name that says what it does? A rule of
// ESLint for services/<service>/src.
import type { Rule, SourceCode } from 'eslint'

type Node = NonNullable<Parameters<SourceCode['getText']>[0]>
type Template = Extract<Node, { readonly type: 'TemplateLiteral' }>

/** How statements begin, and how no other text does: upper case, with what has to follow. */
const statement =
  /^\s*(?:SELECT$|SELECT\s+\S|INSERT\s+INTO\s|UPDATE\s+\w+\s+(?:AS\s+\w+\s+)?SET\s|DELETE\s+FROM\s|WITH\s+(?:RECURSIVE\s+)?\w+\s+AS\b|MERGE\s+INTO\s|TRUNCATE\s|COPY\s+\S+\s+(?:FROM|TO)\s|DO\s+\$|CALL\s+\w|LISTEN\s+\w|NOTIFY\s+\w|LOCK\s+TABLE\s|REFRESH\s+MATERIALIZED\s)/

/** The part of its path that says the service, and whether the file is one of its SQL. */
const servicePath = /(?:^|\/)services\/([^/]+)\/src\/(sql\/)?/

function textOf({ quasis }: Template): string {
  return quasis.map(({ value }) => value.cooked ?? value.raw).join('x')
}

/** The name of a statement: the property next to its text. */
function nameOf(node: Node): { readonly node: Node; readonly name: string } | undefined {
  if (node.type !== 'ObjectExpression') return undefined
  const valueOf = (key: string) =>
    node.properties.flatMap((property) =>
      property.type === 'Property' && property.key.type === 'Identifier' && property.key.name === key
        ? [property.value]
        : [],
    )[0]
  const name = valueOf('name')
  if (!name || !valueOf('text')) return undefined
  if (name.type === 'TemplateLiteral') return { node: name, name: textOf(name) }
  return name.type === 'Literal' && typeof name.value === 'string' ? { node: name, name: name.value } : undefined
}

export const sqlPlace: Rule.RuleModule = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: {
      place: 'SQL of a service stands in services/{{service}}/src/sql/<table or topic>.ts.',
      name: "The name of a statement is '{{service}}.<verb>-<noun>', in lower case; found '{{name}}'.",
    },
  },
  create: (context) => {
    const [, service, inSql] = servicePath.exec(context.filename.replaceAll('\\', '/')) ?? []
    if (service === undefined) return {}
    const checkPlace = (node: Node, text: string) => {
      if (statement.test(text)) context.report({ node, messageId: 'place', data: { service } })
    }
    const checkName = (object: Node) => {
      const { node, name } = nameOf(object) ?? {}
      if (!node || name === undefined) return
      const [prefix, rest] = [name.slice(0, service.length + 1), name.slice(service.length + 1)]
      if (prefix !== `${service}.` || !/^[a-z]+(?:-[a-z]+)+$/.test(rest))
        context.report({ node, messageId: 'name', data: { service, name } })
    }
    if (inSql !== undefined) return { ObjectExpression: checkName }
    return {
      Literal: (node) => {
        if (typeof node.value === 'string') checkPlace(node, node.value)
      },
      TemplateLiteral: (node) => checkPlace(node, textOf(node)),
    }
  },
}
