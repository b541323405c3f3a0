// What sum does a release publish for one of its files? A file of one sum, or of a line a file as
// sha256sum prints them. Pure.

/** The SHA-256, lower case; nothing when the text has none for this file. */
export function publishedSum(text: string, fileName: string): string | undefined {
  const lines = text
    .split('\n')
    .map((line) => /^([0-9a-f]{64})(?:\s+\*?(\S+))?$/i.exec(line.trim()))
    .filter((match) => match !== null)
  const lineOfFile = lines.find(([, , path]) => path?.split('/').at(-1) === fileName)
  const [only, ...others] = lines
  const match = lineOfFile ?? (others.length === 0 && only?.[2] === undefined ? only : undefined)
  return match?.[1]?.toLowerCase()
}
