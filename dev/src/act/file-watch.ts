// When was the pipeline's file edited? Looked at every second: it works for every editor, whether
// it writes the file or puts another in its place.
import { stat } from 'node:fs/promises'

const periodMs = 1_000

export function watchFiles(files: readonly string[], edited: () => void): { close(): void } {
  let before: string | undefined
  let busy = false
  const look = async (): Promise<void> => {
    const now = (
      await Promise.all(
        files.map((file) =>
          stat(file).then(
            ({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`,
            () => 'gone',
          ),
        ),
      )
    ).join('\n')
    if (before !== undefined && now !== before && !now.includes('gone')) edited()
    before = now
  }
  const timer = setInterval(() => {
    if (busy) return
    busy = true
    void look().finally(() => (busy = false))
  }, periodMs)
  void look()
  return { close: () => clearInterval(timer) }
}
