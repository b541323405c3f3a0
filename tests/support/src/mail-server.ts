// Where does a test send its mails? To a real SMTP server that stores what it gets, and can be made
// to fail.
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

export interface ReceivedMail {
  readonly to: string
  readonly messageId: string
  readonly text: string
}

export interface MailServer {
  readonly url: string
  readonly received: readonly ReceivedMail[]
  /** Called for each recipient before a mail is accepted; an error is the answer to the sender. */
  answer: (recipient: string) => Promise<(Error & { responseCode: number }) | undefined>
  close(): Promise<void>
}

export async function mailServer(): Promise<MailServer> {
  const received: ReceivedMail[] = []
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    onRcptTo: ({ address }, _session, callback) => {
      void state.answer(address).then((error) => callback(error))
    },
    onData: (stream, session, callback) => {
      let text = ''
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
      stream.on('end', () => {
        const messageId = /^Message-ID: (<.*>)/im.exec(text)?.[1] ?? ''
        received.push({ to: session.envelope.rcptTo[0]?.address ?? '', messageId, text })
        callback()
      })
    },
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  const state: MailServer = {
    url: `smtp://127.0.0.1:${port}`,
    received,
    answer: () => Promise.resolve(undefined),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
  return state
}

export function refusal(responseCode: number) {
  return Object.assign(new Error(`answered ${responseCode}`), { responseCode })
}
