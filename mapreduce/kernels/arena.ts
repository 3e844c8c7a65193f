const PAGE_BYTES = 65536

/**
 * One fixed piece of memory for everything a worker keeps about records: chunk, tables, buffers. It is WebAssembly
 * memory so that kernels work where the data lies; it never grows, so views on it stay valid. Memory that is never
 * touched costs nothing, and the arena lives as long as its worker: touching fresh pages is what is slow.
 */
export class Arena {
  readonly memory: WebAssembly.Memory
  readonly bytes: Buffer
  readonly u32: Uint32Array
  readonly f64: Float64Array
  private used = 64

  constructor(byteLength: number) {
    const pages = Math.ceil(byteLength / PAGE_BYTES) + 1
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
    this.bytes = Buffer.from(this.memory.buffer)
    this.u32 = new Uint32Array(this.memory.buffer)
    this.f64 = new Float64Array(this.memory.buffer)
  }

  get free(): number {
    return this.bytes.length - this.used
  }

  /** Reserves bytes, aligned to 64 so that regions do not share a cache line. */
  reserve(byteLength: number): number {
    const at = this.used
    this.used += Math.ceil(byteLength / 64) * 64
    if (this.used > this.bytes.length) {
      throw new RangeError(`an arena of ${this.bytes.length} bytes has no room for ${byteLength} more`)
    }
    return at
  }

  /** Gives back everything reserved after `mark` was taken. */
  get mark(): number {
    return this.used
  }

  release(mark: number): void {
    this.used = mark
  }
}
