// Which commands and which outputs does a page show? Its fenced blocks, and for each output the
// command that prints it. Pure.
export interface Block {
  readonly language: string
  readonly text: string
  /** The prose between the block before and this one. */
  readonly before: string
}

export interface Shown {
  readonly commands: readonly string[]
  readonly outputs: readonly Output[]
  /** Commands and names in the prose, without their backticks. */
  readonly inline: readonly string[]
}

export interface Output {
  readonly text: string
  /** The command that the page names before it. */
  readonly of: string | undefined
}

const programs = /^(npm|npx|node|curl|echo|helm|docker|kubectl|orderpipeline) /

export function shownOn(page: string): Shown {
  const commands: string[] = []
  const outputs: Output[] = []
  let last: string | undefined
  for (const { language, text, before } of blocksOf(page)) {
    const inline = inlineOf(before).findLast((code) => programs.test(code))
    if (isShell({ language, text })) {
      commands.push(...commandsOf(text))
      last = commands.at(-1)
    } else {
      if (language === '') outputs.push({ text, of: inline ?? last })
      last = undefined
    }
  }
  return { commands, outputs, inline: inlineOf(page.replaceAll(/^```[^]*?^```$/gm, '')) }
}

/** A block with no language is a shell's where each line is a command, and otherwise an output. */
function isShell({ language, text }: Pick<Block, 'language' | 'text'>): boolean {
  return (
    ['sh', 'bash'].includes(language) ||
    (language === '' && commandsOf(text).every((command) => programs.test(command)))
  )
}

export function blocksOf(page: string): Block[] {
  let end = 0
  return [...page.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map((match) => {
    const before = page.slice(end, match.index)
    end = match.index + match[0].length
    return { language: match[1] ?? '', text: match[2] ?? '', before }
  })
}

function inlineOf(prose: string): string[] {
  return [...prose.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replaceAll(/\s+/g, ' '))
}

/** One for each command: lines that continue are joined, and comments removed. */
function commandsOf(text: string): string[] {
  return text
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/\s+# .*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

/** The line without its figures: `p50 65 ms` and `p50 19s` have one form. */
export function formOf(line: string): string {
  return line
    .trim()
    .replaceAll(/\d[\d,.]*( ?(ms|s|m|h))?(\d+s)?/g, '#')
    .split(/\s+/)
    .map((word) => (word === '-' ? '#' : word))
    .join(' ')
}
