// How are the mails looked at? As JSON for tests and scripts, and as pages for people. The text of
// a mail is shown, its HTML only as source.
import type { FastifyInstance, FastifyReply } from '@orderpipeline/http'
import { HttpProblemError, parsed } from '@orderpipeline/http'
import { z } from 'zod'
import type { BoundedStore } from '../bounded-store.ts'
import { html, page } from '../html.ts'
import type { Html } from '../html.ts'
import { showsHtml } from '../wants-html.ts'
import type { CaughtMail, Mail } from './mail.ts'

const listQuery = z.object({
  /** A recipient's address, or a part of it. */
  to: z.string().max(320).optional(),
  limit: z
    .string()
    .regex(/^[1-9]\d{0,4}$/, 'a whole number from 1 to 99999')
    .transform(Number)
    .default(200),
})

export function serveMails(app: FastifyInstance, mails: BoundedStore<CaughtMail>): void {
  app.get('/mails', async (request, reply) => {
    const { to, limit } = parsed(listQuery, request.query)
    const matches = mails
      .newest(Infinity)
      .filter((mail) => to === undefined || mail.to.some((each) => each.includes(to)))
    const listed = await Promise.all(matches.slice(0, limit).map((mail) => mail.read()))
    if (showsHtml(request)) return sendPage(reply, listPage(listed, mails))
    return { mails: listed, dropped: mails.dropped }
  })
  app.get('/mails/:id', async (request, reply) => {
    const { id } = parsed(z.object({ id: z.string() }), request.params)
    const mail = await mails.get(id)?.read()
    if (!mail) throw new HttpProblemError(404, 'Not Found', 'there is no such mail any more')
    return showsHtml(request) ? sendPage(reply, mailPage(mail)) : mail
  })
  app.delete('/mails', (_request, reply) => {
    mails.clear()
    return reply.code(204).send()
  })
}

export function sendPage(reply: FastifyReply, text: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(text)
}

function listPage(listed: readonly Mail[], mails: BoundedStore<CaughtMail>): string {
  const rows = listed.map(
    ({ id, receivedAt, to, subject }) =>
      html`<tr>
        <td class="id">${receivedAt}</td>
        <td>${to.join(', ')}</td>
        <td><a href="mails/${id}">${subject === '' ? '(no subject)' : subject}</a></td>
      </tr>`,
  )
  const table = html`<table>
    <thead>
      <tr>
        <th>Received</th>
        <th>To</th>
        <th>Subject</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`
  const dropped = mails.dropped > 0 ? html` ${mails.dropped} older ones were dropped.` : html``
  return page(
    'Mails',
    '',
    html`<p>${mails.count} mails, the newest first; none was sent on.${dropped}</p>
      ${table}`,
  )
}

function mailPage(mail: Mail): string {
  const lines: readonly (readonly [string, string])[] = [
    ['Received', mail.receivedAt],
    ['From', mail.from],
    ['To', mail.to.join(', ')],
    ['Message-ID', mail.messageId ?? ''],
    ...mail.attachments.map(({ name, bytes }) => ['Attachment', `${name} (${bytes} bytes)`] as const),
  ]
  const table = html`<table>
    ${lines.map(
      ([name, value]) =>
        html`<tr>
          <th>${name}</th>
          <td>${value}</td>
        </tr>`,
    )}
  </table>`
  const source: Html =
    mail.html === undefined
      ? html``
      : html`<details>
          <summary>Source of its HTML</summary>
          <pre>${mail.html}</pre>
        </details>`
  return page(
    mail.subject,
    '../',
    html`${table}
      <pre>${mail.text ?? ''}</pre>
      ${source}`,
  )
}
