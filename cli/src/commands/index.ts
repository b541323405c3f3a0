// Which commands are there? One file each, in the order in which a pipeline meets them.
import type { CommandDefinition } from '../program.ts'
import { capacity } from './capacity.ts'
import { consoleCommand } from './console.ts'
import { dev } from './dev.ts'
import { dlqDiscard } from './dlq-discard.ts'
import { dlqList } from './dlq-list.ts'
import { dlqReplay } from './dlq-replay.ts'
import { dlqShow } from './dlq-show.ts'
import { explain } from './explain.ts'
import { plan } from './plan.ts'
import { resume } from './resume.ts'
import { rewind } from './rewind.ts'
import { simulate } from './simulate.ts'
import { sloRules } from './slo-rules.ts'
import { status } from './status.ts'
import { suspend } from './suspend.ts'
import { top } from './top.ts'
import { token } from './token.ts'
import { topicsTail } from './topics-tail.ts'
import { validate } from './validate.ts'

export const commands: readonly CommandDefinition[] = [
  validate,
  plan,
  sloRules,
  capacity,
  simulate,
  dev,
  status,
  top,
  consoleCommand,
  token,
  explain,
  topicsTail,
  dlqList,
  dlqShow,
  dlqReplay,
  dlqDiscard,
  rewind,
  suspend,
  resume,
]
