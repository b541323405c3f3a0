// Which messages does a service exchange with PostgreSQL? Its statements have names; they, their
// parameters, the rows they give and the transaction they are part of are read from the
// frontend/backend protocol, version 3. Several may be under way; they are answered in order.
import { wireEvent } from './wire-event.ts'
import type { WireObserver } from './wire-event.ts'
import type { Conversation } from './tap.ts'

const bind = 'B'.charCodeAt(0)
const dataRow = 'D'.charCodeAt(0)
const failure = 'E'.charCodeAt(0)
const readyForQuery = 'Z'.charCodeAt(0)

interface Statement {
  readonly operation: string
  readonly values: readonly string[]
  readonly rows: string[][]
  failed: boolean
}

export function postgresConversation(observer: WireObserver): Conversation {
  let hasStarted = false
  const underWay: Statement[] = []
  /** Undefined between transactions. */
  let transaction: Statement[] | undefined
  const typedLength = (bytes: Buffer) => (bytes.length < 5 ? undefined : 1 + bytes.readInt32BE(1))

  return {
    requestLength: (bytes) => {
      if (hasStarted) return typedLength(bytes)
      return bytes.length < 4 ? undefined : bytes.readInt32BE(0) // the first message has no type
    },
    responseLength: typedLength,
    onRequest: (message) => {
      const first = !hasStarted
      hasStarted = true
      if (first || message[0] !== bind) return { bytes: message, cut: false }
      const { operation, values } = boundStatement(message)
      const statement: Statement = { operation, values, rows: [], failed: false }
      if (operation === 'begin') transaction = []
      const cut = observer(wireEvent('asked', operation, { values, within: [...(transaction ?? [])] }))
      underWay.push(statement)
      transaction?.push(statement)
      return { bytes: cut ? undefined : message, cut }
    },
    onResponse: (message) => {
      const type = message[0]
      const [statement] = underWay
      if (statement && type === dataRow) statement.rows.push(columnsOf(message, 5))
      if (statement && type === failure) statement.failed = true
      if (!statement || type !== readyForQuery) return { bytes: message, cut: false }
      underWay.shift()
      const { operation, values, rows, failed } = statement
      const within = transaction ? [...transaction] : [statement]
      if (operation === 'commit' || operation === 'rollback') transaction = undefined
      // A statement after a failure in its transaction has failed with it, a commit too, though
      // that is answered.
      if (failed || within.some((each) => each.failed)) return { bytes: message, cut: false }
      const cut = observer(wireEvent('answered', operation, { values, rows, within }))
      return { bytes: cut ? undefined : message, cut }
    },
  }
}

function boundStatement(message: Buffer): { operation: string; values: string[] } {
  const portalEnd = message.indexOf(0, 5)
  const nameEnd = message.indexOf(0, portalEnd + 1)
  const formats = message.readInt16BE(nameEnd + 1)
  return {
    operation: message.toString('utf8', portalEnd + 1, nameEnd),
    values: columnsOf(message, nameEnd + 3 + 2 * formats),
  }
}

/** A count, then each value behind its length; -1 is null. */
function columnsOf(message: Buffer, from: number): string[] {
  const values: string[] = []
  let at = from + 2
  for (let remaining = message.readInt16BE(from); remaining > 0; remaining--) {
    const length = Math.max(0, message.readInt32BE(at))
    values.push(message.toString('utf8', at + 4, at + 4 + length))
    at += 4 + length
  }
  return values
}

/** The elements of an array of uuids or other plain words, as PostgreSQL writes it. */
export function elementsOf(array: string | undefined): string[] {
  return array === undefined || array.length <= 2
    ? []
    : array
        .slice(1, -1)
        .split(',')
        .map((element) => element.replaceAll('"', ''))
}
