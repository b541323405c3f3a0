// How is the needed part of another module's source laid out for a build? As a copy, since the
// download itself is shared and read-only.
import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { stays, withoutOtherCases } from './source-parts.ts'
import type { SourceParts } from './source-parts.ts'

/** `source`: the module's folder; `target`: does not exist yet. */
export async function copyParts(source: string, parts: SourceParts, target: string): Promise<void> {
  await mkdir(target, { recursive: true })
  await copyFile(join(source, 'go.mod'), join(target, 'go.mod'))
  for (const folder of parts.folders) {
    const files = await filesBelow(join(source, folder))
    for (const file of files) {
      const path = relative(source, file)
      if (stays(parts, path)) await copyWritable(file, join(target, path))
    }
  }
  const own = join(import.meta.dirname, 'go', parts.ownFiles)
  for (const file of await filesBelow(own)) await copyWritable(file, join(target, relative(own, file)))
  const switchFile = join(target, parts.onlyCases.file)
  await writeFile(switchFile, withoutOtherCases(await readFile(switchFile, 'utf8'), parts.onlyCases))
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/** Files of Go's module cache are read-only, and a copy of one would be as well. */
async function copyWritable(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await copyFile(from, to)
  await chmod(to, 0o644)
}
