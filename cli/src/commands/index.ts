// Which commands are there? One file each.
import type { CommandDefinition } from '../program.ts'
import { top } from './top.ts'

export const commands: readonly CommandDefinition[] = [top]
