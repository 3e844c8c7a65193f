import { type Address, bracketed, isLoopbackName } from '../base/net.ts'
import type { SharedMemory, SharedSegment } from '../base/shared-memory.ts'
import { type SegmentOffer, slotsMax } from './format.ts'

/** Smaller packets are few, or belong to a block that is not worth a segment. */
const sharedPacketBytesMin = 256 * 1024

/**
 * The sender's side of memory shared with the next of the chain: packets are laid into its slots, and a slot is free again once
 * its packet is acknowledged. Offered with the first large packet, used once the other side says that it has it too.
 */
export class PacketSlots {
  readonly #memory: SharedMemory | undefined
  #segment: SharedSegment | undefined
  #slotBytes = 0
  #state: 'none' | 'offered' | 'shared' | 'never' = 'none'
  /** Where the packet that lies in each ends in its block. */
  readonly #ends: number[] = new Array(slotsMax).fill(0)

  constructor(memory: SharedMemory, to: Address) {
    this.#memory = isLoopbackName(bracketed(to.host)) ? memory : undefined
  }

  /** What to offer ahead of a packet of that size, if now is the time. */
  offer(packetBytes: number): SegmentOffer | undefined {
    if (this.#state !== 'none' || packetBytes < sharedPacketBytesMin) return undefined
    const bytes = packetBytes * slotsMax
    this.#segment = this.#memory?.create(bytes)
    this.#state = this.#segment === undefined ? 'never' : 'offered'
    this.#slotBytes = packetBytes
    return this.#segment === undefined ? undefined : { name: this.#segment.name, bytes, slotBytes: packetBytes }
  }

  answered(taken: boolean): void {
    this.#segment?.seal()
    if (this.#state !== 'offered') return
    if (taken) this.#state = 'shared'
    else this.close()
  }

  /** The slot that a packet of the block's bytes up to `end` was laid into; undefined when it has to go the other way. */
  lay(data: Uint8Array, end: number, acknowledged: number): number | undefined {
    if (this.#state !== 'shared' || data.length > this.#slotBytes) return undefined
    const slot = this.#ends.findIndex((before) => before <= acknowledged)
    if (slot === -1) return undefined
    try {
      this.#segment?.write(data, slot * this.#slotBytes)
    } catch (error) {
      // The system has no more memory to share.
      if (!(error instanceof Error && 'code' in error)) throw error
      this.close()
      return undefined
    }
    this.#ends[slot] = end
    return slot
  }

  close(): void {
    this.#state = 'never'
    this.#segment?.seal()
    this.#segment?.close()
    this.#segment = undefined
  }
}
