// How do figures over time become a picture in a terminal? Columns of block characters, with a
// resolution of an eighth of a line.

const eighths = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
const shade = '░'

/** One value a column: the highest of those that fall into it, so that no peak is lost. */
export function columnsOf(values: readonly number[], width: number): number[] {
  return Array.from({ length: width }, (_, column) => {
    const from = Math.floor((column * values.length) / width)
    const to = Math.max(from + 1, Math.floor(((column + 1) * values.length) / width))
    return Math.max(0, ...values.slice(from, to))
  })
}

export interface AreaOptions {
  readonly height: number
  /** What fills the whole height. */
  readonly top: number
  /** A second series behind the first, shaded where it rises above it. */
  readonly behind?: readonly number[]
}

/** Lines from top to bottom. Whatever is above nothing shows, be it an eighth. */
export function area(values: readonly number[], { height, top, behind }: AreaOptions): string[] {
  const steps = height * 8
  const level = (value: number): number =>
    top <= 0 || value <= 0 ? 0 : Math.min(steps, Math.max(1, Math.round((value / top) * steps)))
  return Array.from({ length: height }, (_, line) => {
    const floor = (height - 1 - line) * 8
    return values
      .map((value, column) => {
        const filled = Math.min(8, Math.max(0, level(value) - floor))
        return filled === 0 && level(behind?.[column] ?? 0) - floor >= 4 ? shade : (eighths[filled] ?? ' ')
      })
      .join('')
  })
}

/** Marks of time under a picture of so many columns, as many as fit apart from each other. */
export function timeAxis(seconds: number, width: number, text: (seconds: number) => string): string {
  const every = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400].find(
    (step) => (step / Math.max(1, seconds)) * width >= 12,
  )
  const line = Array.from({ length: width }, () => ' ')
  for (let at = 0; every !== undefined && at <= seconds; at += every) {
    const label = `╵${text(at)}`
    const column = Math.floor((at / Math.max(1, seconds)) * width)
    if (column + label.length <= width) line.splice(column, label.length, ...label)
  }
  return line.join('').trimEnd()
}
