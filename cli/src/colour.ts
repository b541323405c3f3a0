// Which parts of a text stand out, where colours are on?
type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'bold' | 'dim'
export type Paint = (text: string, colour: Colour) => string

const codes: Record<Colour, number> = { red: 31, green: 32, yellow: 33, cyan: 36, bold: 1, dim: 2 }

export function painter(enabled: boolean): Paint {
  return enabled ? (text, colour) => `\x1b[${codes[colour]}m${text}\x1b[0m` : (text) => text
}
