// How does a record of a topic look in a terminal, and how to a script? Pure.
import type { TopicRecord } from '@orderpipeline/kafka-admin'
import type { Paint } from '../colour.ts'
import { bytesText } from '../dead-letters/render.ts'

/** A line of at most `width`, where one is given. */
export function recordLine(record: TopicRecord, paint: Paint, width?: number): string {
  const { partition, offset, timestamp, key, value } = record
  const place = `${new Date(timestamp).toISOString()}  ${partition}/${offset}`
  const text = `  ${key === null ? '-' : oneLine(key)}  ${value === null ? '(tombstone)' : oneLine(value)}`
  const room = width === undefined ? Infinity : width - place.length
  return `${paint(place, 'dim')}${text.length > room ? `${text.slice(0, Math.max(0, room - 1))}…` : text}`
}

/** Control characters would steer the terminal. */
function oneLine(bytes: Buffer): string {
  return bytesText(bytes).replaceAll(/[\s\p{Cc}]+/gu, ' ')
}

export function recordJson({ topic, partition, offset, timestamp, key, value, headers }: TopicRecord) {
  return {
    ...{ topic, partition, offset, at: new Date(timestamp).toISOString(), headers },
    key: key === null ? null : bytesText(key),
    value: value === null ? null : bytesText(value),
  }
}
