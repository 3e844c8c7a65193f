import { describe, expect, it } from 'vitest'
import { Watchdog } from '../../../mapreduce/master/watchdog.ts'

const options = { timeoutMs: 1000, startMs: 3000, intervalMs: 100 }

/** An attempt whose beat the test sets; `expired` holds how long it had been silent. */
function attempt() {
  const state = { value: 0, expired: [] as number[] }
  return Object.assign(state, {
    beat: () => state.value,
    expire: (silentMs: number) => void state.expired.push(silentMs),
  })
}

describe('the watchdog', () => {
  it('ends an attempt whose beat stands still for the timeout, once', () => {
    const watchdog = new Watchdog(options)
    const watched = attempt()
    watchdog.watch(watched)
    watchdog.look(0)
    watched.value = 1
    for (let now = 100; now <= 1000; now += 100) watchdog.look(now)
    expect(watched.expired).toEqual([])
    for (let now = 1100; now <= 5000; now += 100) watchdog.look(now)
    expect(watched.expired).toEqual([1000])
  })

  it('leaves alone an attempt that moves on, and one that was released', () => {
    const watchdog = new Watchdog(options)
    const [moving, released] = [attempt(), attempt()]
    watchdog.watch(moving)
    watchdog.watch(released)
    watchdog.release(released)
    for (let now = 0; now <= 20_000; now += 100) {
      if (now % 900 === 0) moving.value++
      watchdog.look(now)
    }
    expect([...moving.expired, ...released.expired]).toEqual([])
  })

  it('gives a thread that has never moved the time to start', () => {
    const watchdog = new Watchdog(options)
    const watched = attempt()
    watchdog.watch(watched)
    for (let now = 0; now < 3000; now += 100) watchdog.look(now)
    expect(watched.expired).toEqual([])
    watchdog.look(3000)
    expect(watched.expired).toEqual([3000])
  })

  it('does not take a frozen machine, or a clock that jumped, for a silent task', () => {
    const watchdog = new Watchdog(options)
    const watched = attempt()
    watchdog.watch(watched)
    watchdog.look(0)
    watched.value = 1
    watchdog.look(100)
    // An hour asleep.
    watchdog.look(3_600_100)
    expect(watched.expired).toEqual([])
  })
})
