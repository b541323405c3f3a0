// How is an explanation read? A sentence on what is, and below it why, in the order of cause and
// effect.
import type { Paint } from '../colour.ts'
import { wrapped } from '../wrapped.ts'
import type { Explanation } from '@orderpipeline/client'

export function explanationLines(
  { part, replicas, ready, wanted: desiredReplicas, minReplicas, maxReplicas, reasons }: Explanation,
  paint: Paint,
  width?: number,
): string[] {
  const desiredText = desiredReplicas === undefined ? 'desired number unknown' : `${desiredReplicas} desired`
  const [first = '', ...rest] = wrapped(
    `${part}  ${replicas} ${replicas === 1 ? 'replica' : 'replicas'}, ${ready} ready, ${desiredText} (${minReplicas} to ${maxReplicas} allowed)`,
    width,
    2,
  )
  const head = [`${paint(part, 'bold')}${first.slice(part.length)}`, ...rest]
  const lines = reasons.flatMap(({ text, trouble }) => {
    const broken = wrapped(`  ${trouble ? '!' : '-'} ${oneLine(text)}`, width, 4)
    return trouble ? broken.map((line) => paint(line, 'yellow')) : broken
  })
  return [
    ...head,
    ...(lines.length > 0 ? lines : ['  - the desired replicas run, and no trigger asks for another number']),
  ]
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ')
}
