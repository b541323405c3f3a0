// By which channels may a customer be written to? What the console passes on of the settings: no
// phone number, since nothing here needs it.

export const channelNames = ['mail', 'sms', 'push'] as const

export interface CustomerChannel {
  readonly orders: boolean
  /** RFC 3339, like all times; absent without consent. */
  readonly ordersSince?: string
  readonly marketing: boolean
  readonly marketingSince?: string
}

/** Why they are not shown to this person. */
export interface HiddenChannels {
  readonly hidden: string
}

export interface CustomerChannels {
  readonly mail: CustomerChannel
  readonly sms: CustomerChannel & { readonly hasPhone: boolean; readonly confirmed: boolean }
  readonly push: CustomerChannel & { readonly browsers: number }
  readonly timeZone?: string
  readonly quietHours?: { readonly from: string; readonly to: string }
}
