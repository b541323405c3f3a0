// Which commands are there? One file each, in the order in which a pipeline meets them.
import type { CommandDefinition } from '../program.ts'
import { capacity } from './capacity.ts'
import { explain } from './explain.ts'
import { plan } from './plan.ts'
import { resume } from './resume.ts'
import { simulate } from './simulate.ts'
import { status } from './status.ts'
import { suspend } from './suspend.ts'
import { top } from './top.ts'
import { validate } from './validate.ts'

export const commands: readonly CommandDefinition[] = [
  validate,
  plan,
  capacity,
  simulate,
  status,
  top,
  explain,
  suspend,
  resume,
]
