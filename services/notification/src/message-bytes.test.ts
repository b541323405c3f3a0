// Does a mail have, byte for byte, the form that nodemailer's own streams would give it?
import MailComposer from 'nodemailer/lib/mail-composer'
import { expect, test } from 'vitest'
import { messageBytes, streamOf } from './message-bytes.ts'

function messageOf(text: string, subject: string, to: string) {
  const about = { messageId: '<1.shipped@shop.example>', from: 'Größe & Söhne <shop@shop.example>', to, subject }
  return new MailComposer({ ...about, text, date: new Date(0) }).compile()
}

async function expectSameBytes(text: string, subject = 'Your order', to = 'c-1@customers.example'): Promise<void> {
  const bytes = messageBytes(messageOf(text, subject, to))
  expect(bytes.toString('latin1')).toBe((await messageOf(text, subject, to).build()).toString('latin1'))
}

const long = 'ü'.repeat(400)

test.each([
  ['plain ASCII', 'Hello,\n\nyour order has left our house.\n\nOrder 1\n'],
  ['nothing', ''],
  ['dots at the beginning of lines', '.\n..\n.a\n.\r\n'],
  ['no break at its end', 'Hello'],
  ['a carriage return at its end', 'Hello\r'],
  ['each kind of line break', 'a\nb\r\nc\rd\n\r\n'],
  ['long lines', `${'word '.repeat(300)}\n${'x'.repeat(2_000)}\n`],
  ['Latin letters with accents', 'Grüße aus Köln,\nIhre Bestellung – 3 × Tee – ist unterwegs.\n'],
  ['long lines with accents', `${'Größe '.repeat(60)}\nx${long}\n`],
  ['equals signs', `a=b=c=20=\n${'ä=b'.repeat(60)}\n`],
  ['white space at the end of lines and of the text', `ü \nb\t\n${'Größe '.repeat(13)}`],
  ['Japanese', 'ご注文の商品を発送しました。\n'.repeat(20)],
  ['Arabic', 'لقد تم شحن طلبك\n'],
  ['emoji of several code points', '👩‍👩‍👧‍👦🏳️‍🌈 thanks 🎉\n'.repeat(10)],
  ['half a character', 'a\ud83dé\n'],
  ['control characters', 'a\0b\u0007ü\u007f\ufeff\n'],
])('a text with %s', async (_what, text) => {
  await expectSameBytes(text)
  await expectSameBytes(text, text)
})

test.each(['ö.someone@home.example', 'c@jõgeva.example', '"two words"@home.example', `c@${'x'.repeat(60)}.example`])(
  'a recipient at %s',
  async (to) => {
    await expectSameBytes('Hello,\n', 'Größe', to)
  },
)

/** The same sequence in each run; from 0 to 1. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

// But for blanks at the very end, before which nodemailer's streams break a line elsewhere.
test('five hundred texts by chance', async () => {
  const random = chance(7)
  const pieces = [
    'a',
    'word ',
    ' ',
    '\t',
    '.',
    '=',
    '\n',
    '\r\n',
    '\r',
    'é',
    '–',
    'ご',
    '🎉',
    'x'.repeat(75),
    ', ',
    '?',
  ]
  for (let n = 0; n < 500; n++) {
    const length = Math.floor(random() * 120)
    const text = Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)] ?? '').join('')
    await expectSameBytes(text.replace(/[ \t]+$/, ''), text.slice(0, 60))
  }
})

test('a stream makes its piece when it is read, and fails if it cannot', async () => {
  let pieces = 0
  const stream = streamOf(() => Buffer.from(`piece ${++pieces}`))
  expect(pieces).toBe(0)
  expect(Buffer.concat((await stream.toArray()) as Buffer[]).toString()).toBe('piece 1')
  const failing = streamOf(() => {
    throw new RangeError('too long')
  })
  await expect(failing.toArray()).rejects.toThrow('too long')
})
