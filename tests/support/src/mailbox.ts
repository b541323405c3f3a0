// Where do the shop's mails go? To a real mail server that reports each mail before it accepts it
// and before it answers.
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import { wireEvent } from './wire-event.ts'
import type { WireObserver } from './wire-event.ts'

export interface Mailbox {
  readonly url: string
  /** How often each mail was taken over, by its Message-ID. */
  readonly acceptedMails: ReadonlyMap<string, number>
  close(): Promise<void>
}

export async function startMailbox(newObserver: () => WireObserver): Promise<Mailbox> {
  const mailCounts = new Map<string, number>()
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    onData: (stream, _session, callback) => {
      const look = newObserver()
      const take = (mail: string): void => {
        const id = /^Message-ID: (<.*>)/im.exec(mail)?.[1] ?? ''
        if (look(wireEvent('asked', 'mail', { values: [id] }))) return
        mailCounts.set(id, (mailCounts.get(id) ?? 0) + 1)
        if (!look(wireEvent('answered', 'mail', { values: [id] }))) callback()
      }
      // A sender that ended before its mail was complete has sent no mail.
      void text(stream).then(take, () => undefined)
    },
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  return {
    url: `smtp://127.0.0.1:${port}`,
    acceptedMails: mailCounts,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
