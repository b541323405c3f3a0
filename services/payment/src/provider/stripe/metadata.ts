// Under which keys of Stripe's metadata do an intent, and a refund, name what they are about?

export const orderKey = 'order_id'
export const shopCustomerKey = 'customer_id'
/** In a refund of a part: our id of it. */
export const refundIdKey = 'refund_id'
