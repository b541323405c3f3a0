// How does a person mend a message before it is played again? From a file, or in their editor,
// where JSON is laid out to be read.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DeadLetter } from '@orderpipeline/kafka'
import { UsageError, CommandError } from '../environment.ts'
import { prettyText } from './render.ts'

/**
 * @throws CommandError where there is no editor, nothing was changed, or what was JSON no longer
 * is
 */
export async function editedValue(
  deadLetter: DeadLetter,
  file: string | true,
  editor: string | undefined,
): Promise<string> {
  const before = deadLetter.value === null ? '' : prettyText(deadLetter.value)
  const after = file === true ? await inEditor(before, deadLetter, editor) : await fromFile(file)
  return wireValue(before, after)
}

export function wireValue(before: string, after: string): string {
  const [was, is] = [compactJson(before), compactJson(after)]
  if (is === undefined && was !== undefined)
    throw new CommandError('The edited message is no longer JSON; no message was replayed.')
  const value = is ?? after
  if (value === (was ?? before)) throw new CommandError('The message was not changed; no message was replayed.')
  return value
}

function compactJson(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return undefined
  }
}

async function fromFile(file: string): Promise<string> {
  try {
    return await readFile(file === '-' ? '/dev/stdin' : file, 'utf8')
  } catch (cause) {
    throw new UsageError(`--edit: ${file} cannot be read: ${cause instanceof Error ? cause.message : ''}`, { cause })
  }
}

async function inEditor(text: string, deadLetter: DeadLetter, editor: string | undefined): Promise<string> {
  if (editor === undefined)
    throw new UsageError('--edit: no editor is set.', {
      advice: 'Set the variable EDITOR, or name a file with the new message: --edit message.json.',
    })
  if (text.startsWith('base64:'))
    throw new CommandError('--edit: the message is not text; name a file with the new message instead.')
  // Readable for this user only: messages are customers' data.
  const folder = await mkdtemp(join(tmpdir(), 'orderpipeline-letter-'))
  const path = join(folder, `${deadLetter.id.replaceAll('/', '-')}.json`)
  try {
    await writeFile(path, `${text}\n`, { mode: 0o600 })
    const child = spawn('/bin/sh', ['-c', `${editor} "$0"`, path], { stdio: 'inherit' })
    const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('exit', resolve))
    if (code !== 0) throw new CommandError(`The editor ended with ${code}; no message was replayed.`)
    return await readFile(path, 'utf8')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
