// Is a file there, and where is a program?
import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'

/** The first executable of that name on the PATH. */
export async function onPath(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(':').filter(Boolean)) {
    const candidate = join(folder, name)
    if (await isExecutable(candidate)) return candidate
  }
  return undefined
}

export async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
