// How many replicas are ready and desired, of those that are allowed? A bar from nothing to the
// maximum.
import type { PartState } from '../../model/state.ts'
import { trackOf } from './track.ts'

interface ReplicaTrackProps {
  readonly part: PartState
  readonly x: number
  readonly y: number
  readonly width: number
}

export function ReplicaTrack({ part, x, y, width }: ReplicaTrackProps) {
  const { min, ready, wanted } = trackOf(part)
  return (
    <g class="track">
      <rect class="rail" x={x} y={y} width={width} height={6} rx={3} />
      {ready > 0 && <rect class="ready" x={x} y={y} width={Math.max(6, width * ready)} height={6} rx={3} />}
      {min > 0 && <rect class="min" x={x + width * min - 0.5} y={y - 2} width={1} height={10} />}
      <rect class="wanted" x={x + Math.min(width - 2, width * wanted)} y={y - 2.5} width={2} height={11} rx={1} />
    </g>
  )
}
