// Why does a member of the staff act on an order? In their own words, for the order's history.
interface ReasonFieldProps {
  readonly id: string
  readonly reason: string
  readonly onInput: (reason: string) => void
}

export function ReasonField({ id, reason, onInput }: ReasonFieldProps) {
  return (
    <>
      <label for={id}>Reason, for the order's history</label>
      <input
        {...{ id, value: reason, maxLength: 500, autocomplete: 'off' }}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </>
  )
}
