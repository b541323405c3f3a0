// By which channels may a customer be written to? For those who may see messages: what a customer
// agrees to is personal.
import { useEffect, useState } from 'preact/hooks'
import { channelNames } from '../../model/customer-channels.ts'
import type { CustomerChannel, CustomerChannels, HiddenChannels } from '../../model/customer-channels.ts'
import { fetchJson } from '../live.ts'
import type { Answered } from '../live.ts'
import { dateText, plural } from '../words.ts'

interface ChannelsProps {
  readonly pipeline: string
  readonly customer: string
}

const titles = { mail: 'Mail', sms: 'SMS', push: 'Push' } as const

export function Channels({ pipeline, customer }: ChannelsProps) {
  const [answer, setAnswer] = useState<Answered<CustomerChannels | HiddenChannels>>()
  useEffect(() => {
    let cancelled = false
    setAnswer(undefined)
    const path = `/api/channels/${pipeline}/${encodeURIComponent(customer)}`
    void fetchJson<CustomerChannels | HiddenChannels>(path).then((answered) => {
      if (!cancelled) setAnswer(answered)
    })
    return () => {
      cancelled = true
    }
  }, [pipeline, customer])
  if (answer === undefined) return null
  return (
    <>
      <h3>Channels of {customer}</h3>
      {'message' in answer ? (
        <p class="hint">Not shown: {answer.message}</p>
      ) : 'hidden' in answer.value ? (
        <p class="hint">Not shown: {answer.value.hidden}</p>
      ) : (
        <List channels={answer.value} />
      )}
    </>
  )
}

function List({ channels }: { readonly channels: CustomerChannels }) {
  const { sms, push, timeZone, quietHours } = channels
  const notes = {
    mail: '',
    sms: sms.hasPhone ? (sms.confirmed ? 'number confirmed' : 'number not confirmed: no SMS') : 'no number',
    push: plural(push.browsers, 'browser'),
  }
  return (
    <>
      <ul class="money">
        {channelNames.map((name) => (
          <li key={name}>
            <strong>{titles[name]}</strong>
            <span>{consentText(channels[name])}</span>
            {notes[name] !== '' && <span class="reason">{notes[name]}</span>}
          </li>
        ))}
      </ul>
      {(timeZone !== undefined || quietHours) && (
        <p class="hint">
          {quietHours && `Quiet from ${quietHours.from} to ${quietHours.to}. `}
          {timeZone !== undefined && `Time zone ${timeZone}.`}
        </p>
      )}
    </>
  )
}

function consentText({ orders, ordersSince, marketing, marketingSince }: CustomerChannel): string {
  const since = (at: string | undefined) => (at === undefined ? '' : ` since ${dateText(at)}`)
  const agreed = [
    ...(orders ? [`orders${since(ordersSince)}`] : []),
    ...(marketing ? [`marketing${since(marketingSince)}`] : []),
  ]
  return agreed.length === 0 ? 'nothing' : agreed.join(', ')
}
