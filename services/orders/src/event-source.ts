// Who do the events of this service say they come from? The `source` of CloudEvents.
export const source = '/orders'
