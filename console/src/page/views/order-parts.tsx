// What do an order and a list of orders show alike? How it stands, and why it cannot be shown.

export function orderTone({ status }: { readonly status: string }): string {
  return { SHIPPED: 'good', CANCELLED: 'bad' }[status] ?? 'busy'
}

export function LookupFailed({
  answer: { status, message },
}: {
  readonly answer: { readonly status: number; readonly message: string }
}) {
  const closed = status === 401 || status === 403
  return (
    <div class={status === 404 ? 'banner calm' : 'banner'}>
      <p>{message}</p>
      {closed && (
        <p>
          The gateway shows an order to its customer and to the shop's staff: look as the staff with a token of its
          issuer. If it is the cluster that refuses, your user lacks a right.
        </p>
      )}
    </div>
  )
}
