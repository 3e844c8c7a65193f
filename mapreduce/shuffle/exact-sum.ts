/**
 * A sum that does not depend on the order or grouping of its terms: integers are kept exactly whatever their size, and
 * floating terms as a list of doubles whose exact sum is the exact sum of the terms (Shewchuk, "Adaptive precision
 * floating-point arithmetic", 1997; the final rounding as in Hettinger's fsum). So combiners, retries and splits can
 * not change a result by a bit.
 *
 *   partial := flags u8 | small f64 | special f64 | count u16 | float f64 * count | big: signed decimal digits to the end
 */
const FLAG_FLOAT = 1
const FLAG_BIGINT = 2
const EXACT_MAX = Number.MAX_SAFE_INTEGER
/** Non-overlapping doubles of magnitudes below 2^53 and at least 2^-1074: never more than this many. */
const FLOATS_MAX = 64

export class ExactSum {
  private small = 0
  private big = 0n
  /** Infinities and NaN only. */
  private special = 0
  private floats: number[] = []
  private sawFloat = false
  private sawBigint = false

  reset(): void {
    this.small = 0
    this.big = 0n
    this.special = 0
    if (this.floats.length > 0) this.floats = []
    this.sawFloat = false
    this.sawBigint = false
  }

  add(term: number): void {
    const sum = this.small + term
    if (Number.isInteger(term) && term <= EXACT_MAX && term >= -EXACT_MAX) {
      if (sum <= EXACT_MAX && sum >= -EXACT_MAX) this.small = sum
      else {
        this.big += BigInt(this.small) + BigInt(term)
        this.small = 0
      }
      return
    }
    this.sawFloat = true
    if (!Number.isFinite(term)) this.special += term
    else if (Number.isInteger(term)) this.big += BigInt(term)
    else this.addFloat(term)
  }

  /** From here on the sum is a bigint, unless it is a float. */
  addBigint(term: bigint): void {
    this.sawBigint = true
    this.big += term
  }

  /** An integer of any size that is a number to its giver. */
  addInteger(term: bigint): void {
    this.big += term
  }

  /** The sum: a number, or a bigint where integers leave the range a number holds exactly. */
  finish(): number | bigint {
    if (this.special !== 0) return this.special
    if (!this.sawFloat) {
      if (this.big === 0n && !this.sawBigint) return this.small
      const total = this.big + BigInt(this.small)
      const fits = total <= BigInt(EXACT_MAX) && total >= -BigInt(EXACT_MAX)
      return this.sawBigint || !fits ? total : Number(total)
    }
    if (this.big === 0n) {
      const all = new ExactSum()
      all.floats = [...this.floats]
      all.addFloat(this.small)
      return roundedSum(all.floats)
    }
    return roundScaled(((this.big + BigInt(this.small)) << 1074n) + this.floats.reduce((sum, f) => sum + scaled(f), 0n))
  }

  /** The sum as one plain number when nothing would be lost by it; undefined otherwise. */
  get plain(): number | undefined {
    return this.sawFloat || this.sawBigint || this.big !== 0n ? undefined : this.small
  }

  /** Writes the unfinished sum; returns its kind and leaves the bytes in `encodePartial`'s result. */
  encodePartial(): Buffer {
    const digits = this.big.toString()
    const out = Buffer.alloc(19 + this.floats.length * 8 + digits.length)
    out[0] = (this.sawFloat ? FLAG_FLOAT : 0) | (this.sawBigint ? FLAG_BIGINT : 0)
    out.writeDoubleBE(this.small, 1)
    out.writeDoubleBE(this.special, 9)
    out.writeUInt16BE(this.floats.length, 17)
    this.floats.forEach((float, i) => {
      out.writeDoubleBE(float, 19 + i * 8)
    })
    out.write(digits, 19 + this.floats.length * 8, 'latin1')
    return out
  }

  addPartial(bytes: Buffer, start: number, end: number): void {
    const flags = bytes[start] ?? 0
    this.add(bytes.readDoubleBE(start + 1))
    if ((flags & FLAG_FLOAT) !== 0) this.sawFloat = true
    if ((flags & FLAG_BIGINT) !== 0) this.sawBigint = true
    this.special += bytes.readDoubleBE(start + 9)
    const count = bytes.readUInt16BE(start + 17)
    for (let i = 0; i < count; i++) this.addFloat(bytes.readDoubleBE(start + 19 + i * 8))
    const big = BigInt(bytes.toString('latin1', start + 19 + count * 8, end))
    if (big !== 0n) this.big += big
  }

  /** Adds one finite double to the list, keeping it non-overlapping and in rising order of magnitude. */
  private addFloat(term: number): void {
    const { floats } = this
    let x = term
    let kept = 0
    for (const float of floats) {
      const [large, little] = Math.abs(x) < Math.abs(float) ? [float, x] : [x, float]
      const high = large + little
      const low = little - (high - large)
      if (low !== 0) floats[kept++] = low
      x = high
    }
    floats.length = kept
    if (x !== 0 || kept === 0) floats.push(x)
    if (floats.length > FLOATS_MAX) throw new TypeError('an exact sum outgrew its bound')
  }
}

/** The double nearest to the exact sum of a non-overlapping list, halves to even. */
function roundedSum(floats: readonly number[]): number {
  let at = floats.length - 1
  if (at < 0) return 0
  let high = floats[at] ?? 0
  let low = 0
  while (at > 0) {
    const x = high
    const y = floats[--at] ?? 0
    high = x + y
    low = y - (high - x)
    if (low !== 0) break
  }
  // The rest may tip an exact half the other way.
  const next = at > 0 ? (floats[at - 1] ?? 0) : 0
  if ((low < 0 && next < 0) || (low > 0 && next > 0)) {
    const doubled = low * 2
    const rounded = high + doubled
    if (doubled === rounded - high) return rounded
  }
  return high
}

const scratch = new DataView(new ArrayBuffer(8))

/** The double times 2^1074, exactly. */
function scaled(value: number): bigint {
  scratch.setFloat64(0, value)
  const bits = scratch.getBigUint64(0)
  const exponent = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xfffffffffffffn
  const magnitude = exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1)
  return value < 0 ? -magnitude : magnitude
}

/** The double nearest to value / 2^1074, halves to even. */
function roundScaled(value: bigint): number {
  const negative = value < 0n
  let magnitude = negative ? -value : value
  const width = magnitude.toString(2).length
  let shift = 0
  if (width > 53) {
    shift = width - 53
    const half = 1n << BigInt(shift - 1)
    const rest = magnitude & ((1n << BigInt(shift)) - 1n)
    magnitude >>= BigInt(shift)
    if (rest > half || (rest === half && (magnitude & 1n) === 1n)) magnitude += 1n
  }
  const result = Number(magnitude) * 2 ** Math.min(1023, shift - 1074) * 2 ** Math.max(0, shift - 1074 - 1023)
  return negative ? -result : result
}
