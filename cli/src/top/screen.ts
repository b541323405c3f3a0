// How does a picture change in place? On a terminal each frame is drawn over the one before;
// elsewhere frames follow each other.
import type { Output } from '../environment.ts'

export interface Screen {
  draw(lines: readonly string[]): void
  /** A line below the last frame, in place of the note before. */
  note(text: string): void
  end(): void
}

const noWrap = '\x1b[?7l'
const wrap = '\x1b[?7h'

export function createScreen(output: Output): Screen {
  let drawnLines = 0
  let last: readonly string[] = []
  const put = (lines: readonly string[]): void => {
    if (output.isTTY !== true) {
      output.write(`${lines.join('\n')}\n\n`)
      return
    }
    // A terminal may not know its size, which is then 0. One row is left for the cursor: a frame
    // higher than the terminal would scroll, and the next be drawn in the wrong place.
    const visible = lines.slice(0, Math.max(1, (output.rows || 50) - 1))
    const up = drawnLines > 0 ? `\x1b[${drawnLines}A` : ''
    // Line by line over what is there and clearing only the rest: wiping first would flicker.
    // Without wrapping meanwhile: a wrapped line would take two rows and the next frame be drawn in
    // the wrong place, too.
    output.write(`${noWrap}${up}\r${visible.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J${wrap}`)
    drawnLines = visible.length
  }
  return {
    draw: (lines) => {
      last = lines
      put(lines)
    },
    note: (text) => put(output.isTTY === true ? [...last, text] : [text]),
    end: () => {
      drawnLines = 0
    },
  }
}
