// Does what this gateway needs answer it: database, Kafka, and where they are configured Redis and
// the read replica? Asked once for all callers within some seconds, each for a bounded time.

export type DependencyName = 'database' | 'kafka' | 'redis' | 'replica'

export interface Dependency {
  readonly name: DependencyName
  /** Without it no order is accepted; the gateway goes on without the others. */
  readonly required: boolean
  /** Resolves with its answer, rejects without one. */
  readonly ask: () => Promise<unknown>
}

export interface DependencyState {
  readonly name: DependencyName
  readonly required: boolean
  readonly status: 'up' | 'down'
}

export interface Dependencies {
  /** As they were some seconds ago at most. */
  read(): Promise<readonly DependencyState[]>
}

export interface DependenciesOptions {
  readonly dependencies: readonly Dependency[]
  /** How long an answer is waited for. */
  readonly timeoutMs: number
  /** How long a state is valid. */
  readonly freshMs: number
  readonly monotonicMs: () => number
}

export function createDependencies(options: DependenciesOptions): Dependencies {
  const { dependencies, timeoutMs, freshMs, monotonicMs } = options
  let last: { readonly at: number; readonly states: Promise<readonly DependencyState[]> } | undefined
  const stateOf = async ({ name, required, ask }: Dependency): Promise<DependencyState> => ({
    name,
    required,
    status: (await answersWithin(timeoutMs, ask)) ? 'up' : 'down',
  })
  return {
    read: () => {
      const now = monotonicMs()
      if (last === undefined || now - last.at >= freshMs)
        last = { at: now, states: Promise.all(dependencies.map(stateOf)) }
      return last.states
    },
  }
}

/** Never rejects. */
async function answersWithin(milliseconds: number, ask: () => Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds)
  })
  const answered = (async () => ask())().then(
    () => true,
    () => false,
  )
  return Promise.race([answered, late]).finally(() => clearTimeout(timer))
}
