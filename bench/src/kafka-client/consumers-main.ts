// The members of one consumer group, all in this process: any number of them, of one client.
import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'
import { answerCommands } from './child.ts'
import { consumersCommand } from './commands.ts'
import type { ConsumersReport } from './commands.ts'
import { deliveryRecord } from './delivery.ts'
import type { DeliveryRecord } from './delivery.ts'
import { startKafkajsMember } from './kafkajs-member.ts'
import type { Member, MemberOptions, WayName } from './member.ts'
import { startPlatformaticMember } from './platformatic-member.ts'

interface Group {
  readonly way: WayName
  readonly options: MemberOptions
  readonly record: DeliveryRecord
  readonly members: Member[]
}

let group: Group | undefined
let backlogUs = 0
let restarts = 0
let lastError: string | undefined

function startMember({ way, options }: Group): Member {
  return way === 'kafkajs' ? startKafkajsMember(options) : startPlatformaticMember(way, options)
}

type Join = Extract<z.infer<typeof consumersCommand>, { kind: 'join' }>
function joinGroup({ way, partitions, backlog, ...address }: Join): void {
  const record = deliveryRecord(partitions, () => performance.now())
  const first = Math.ceil(backlog / 5)
  let before: NodeJS.CpuUsage | undefined
  const handle = (partition: number, offset: bigint): void => {
    record.handle(partition, offset)
    if (backlog > 0 && record.total === first) before ??= process.cpuUsage()
    if (backlog > 0 && record.total === backlog && backlogUs === 0 && before) {
      const { user, system } = process.cpuUsage(before)
      backlogUs = (user + system) / (backlog - first)
    }
  }
  const onRestart = (error: Error): void => {
    restarts++
    lastError = error.message.slice(0, 300)
  }
  group = { way, record, members: [], options: { ...address, handle, onRestart } }
}

async function scale(of: Group, count: number, everyMs: number): Promise<void> {
  const leaving: Promise<void>[] = []
  while (of.members.length !== count) {
    // The newest goes first, as a Deployment does it.
    if (of.members.length < count) of.members.push(startMember(of))
    else leaving.push(of.members.pop()!.close())
    await sleep(everyMs)
  }
  await Promise.all(leaving)
}

function report(of: Group, fresh: boolean): ConsumersReport {
  const { user, system } = process.cpuUsage()
  const owned = of.members.map(({ partitions }) => partitions)
  const assigned = new Set(owned.flat())
  return {
    cpuMs: (user + system) / 1_000,
    total: of.record.total,
    members: of.members.length,
    assigned: assigned.size,
    assignedTwice: owned.flat().length - assigned.size,
    withoutPartitions: owned.filter(({ length }) => length === 0).length,
    restarts,
    lastError,
    backlogUs,
    delivery: fresh ? of.record.next() : undefined,
  }
}

answerCommands(
  consumersCommand,
  async (received) => {
    if (received.kind === 'join') return joinGroup(received)
    if (!group) throw new Error('no group was joined')
    if (received.kind === 'scale') return scale(group, received.members, received.everyMs)
    return report(group, received.fresh)
  },
  async () => {
    await Promise.all(group?.members.map((member) => member.close()) ?? [])
  },
)
