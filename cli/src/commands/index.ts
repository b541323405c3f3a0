// Which commands are there? One file each.
import type { CommandDefinition } from '../program.ts'
import { capacity } from './capacity.ts'
import { simulate } from './simulate.ts'
import { top } from './top.ts'

export const commands: readonly CommandDefinition[] = [top, capacity, simulate]
