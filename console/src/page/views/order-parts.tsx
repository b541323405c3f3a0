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
          This gateway, or the cluster, wants more than your kubeconfig gives. As a member of the shop's staff, use your
          token.
        </p>
      )}
    </div>
  )
}
