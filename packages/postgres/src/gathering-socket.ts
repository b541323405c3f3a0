// How do the statements of one turn of the event loop go out in one packet? A statement corks its
// socket for its own messages; here the cork stays in until the turn is over.
import { Socket } from 'node:net'

export class GatheringSocket extends Socket {
  #gathering = false

  override cork(): void {
    if (!this.#gathering) {
      this.#gathering = true
      super.cork()
      process.nextTick(() => {
        this.#gathering = false
        this.uncork()
      })
    }
    super.cork()
  }
}
