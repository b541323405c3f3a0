// Has anything changed since last time? The hash of the contents answers this.
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

export function hashOf(text: string) {
  return createHash('sha256').update(text).digest('hex')
}

/** The hash of the contents, in the order given. */
export async function hashOfFiles(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const file of files) hash.update(await readFile(file)).update('\0')
  return hash.digest('hex')
}

/** The hash of every file below the folder, with its path, without those below `except`. */
export async function hashOfFolder(folder: string, except?: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => except === undefined || !path.startsWith(`${except}/`))
  const hash = createHash('sha256')
  for (const file of files.sort())
    hash
      .update(file.slice(folder.length))
      .update('\0')
      .update(await readFile(file))
  return hash.digest('hex')
}
