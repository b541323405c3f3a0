// Which classes do orders have, and how does a class travel? As a header of the events of an order,
// so that a consumer that does not know it ignores it. An order without one is a standard one.

/** The highest first. */
export const priorities = ['high', 'standard', 'low'] as const
export type Priority = (typeof priorities)[number]

/**
 * Under load a class is refused when its share of a bound is used up, so that the lowest is refused
 * first.
 */
export const shareBeforeShedding: Readonly<Record<Priority, number>> = { high: 1, standard: 0.9, low: 0.7 }

const header = 'priority'
type Headers = Readonly<Record<string, string>>

/** Anything but the name of a class is `standard`. */
export function priorityFrom(value: unknown): Priority {
  return priorities.find((priority) => priority === value) ?? 'standard'
}

export function priorityIn(headers: Headers): Priority {
  return priorityFrom(headers[header])
}

/** The headers with the class: those of a standard order are as they were. */
export function withPriority(headers: Headers, priority: Priority = 'standard'): Headers {
  return priority === 'standard' ? headers : { ...headers, [header]: priority }
}

/** The field of an event: a standard one has none. */
export function priorityField(priority: Priority | undefined): { readonly priority?: Priority } {
  return priority === undefined || priority === 'standard' ? {} : { priority }
}
