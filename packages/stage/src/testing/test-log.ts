// The last lines that the services under test have logged, kept until their test has passed.
const limit = 60
let lines: string[] = []

export function keepLine(line: string): void {
  lines = [...lines, line].slice(-limit)
}

export function testLog(): readonly string[] {
  return lines
}

export function clearTestLog(): void {
  lines = []
}
