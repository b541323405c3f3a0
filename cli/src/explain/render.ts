// How is an explanation read? A sentence on what is, and below it why, in the order of cause and effect.
import type { Paint } from '../colour.ts'
import type { Explanation } from './explanation.ts'

export function explanationLines(
  { part, replicas, ready, wanted, minReplicas, maxReplicas, reasons }: Explanation,
  paint: Paint,
): string[] {
  const asked = wanted === undefined ? 'nobody says how many it should have' : `${wanted} wanted`
  const head = `${paint(part, 'bold')}  ${replicas} ${replicas === 1 ? 'replica' : 'replicas'}, ${ready} ready, ${asked} (${minReplicas} to ${maxReplicas} allowed)`
  const lines = reasons.map(({ text, trouble }) =>
    trouble ? paint(`  ! ${oneLine(text)}`, 'yellow') : `  - ${oneLine(text)}`,
  )
  return [head, ...(lines.length > 0 ? lines : ['  - as many as asked for, and nothing asks for others'])]
}

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ')
