// Which `source` do the CloudEvents of this service have?
export const source = '/orders'
