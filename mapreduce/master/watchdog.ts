/** What the watchdog reads of a running attempt. */
export interface Watched {
  /** The `beat` field of the slot's progress row. */
  beat(): number
  /** Called once, when the attempt has stood still for too long. */
  expire(silentMs: number): void
}

export interface WatchdogOptions {
  readonly timeoutMs: number
  /** Until the first beat, the attempt gets at least this: its thread may still be loading. */
  readonly startMs: number
  readonly intervalMs: number
}

interface WatchState {
  readonly watched: Watched
  readonly first: number
  beat: number
  silentMs: number
}

/**
 * Ends attempts that stand still. Silence is added up look by look, each worth two intervals at the most: a machine that
 * was suspended, or a master that was held up, has seen one look's worth of silence and not an hour.
 */
export class Watchdog {
  readonly #options: WatchdogOptions
  readonly #watched = new Map<Watched, WatchState>()
  #last: number | undefined

  constructor(options: WatchdogOptions) {
    this.#options = options
  }

  watch(watched: Watched): void {
    const beat = watched.beat()
    this.#watched.set(watched, { watched, first: beat, beat, silentMs: 0 })
  }

  release(watched: Watched): void {
    this.#watched.delete(watched)
  }

  /** To be called about every `intervalMs`, with a monotonic time. */
  look(now: number): void {
    const passed = Math.min(now - (this.#last ?? now), 2 * this.#options.intervalMs)
    this.#last = now
    for (const state of [...this.#watched.values()]) {
      const beat = state.watched.beat()
      if (beat !== state.beat) {
        state.beat = beat
        state.silentMs = 0
        continue
      }
      state.silentMs += passed
      const patience =
        beat === state.first ? Math.max(this.#options.timeoutMs, this.#options.startMs) : this.#options.timeoutMs
      if (state.silentMs < patience) continue
      this.#watched.delete(state.watched)
      state.watched.expire(state.silentMs)
    }
  }
}
