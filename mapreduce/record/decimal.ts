import type { Text } from './text.ts'

/**
 * Decimal numbers as whole numbers of their last digit's unit: 12.3 with one decimal is 123. Sums of these are exact, as
 * sums of cents are and sums of fractions of a euro are not.
 */

/** More digits than these a number does not hold exactly. */
const DIGITS_MAX = 15
const [MINUS, PLUS, POINT, ZERO] = [45, 43, 46, 48]

/**
 * The decimal number all of a text spells (sign, digits, a point) in units of its `decimals`th digit after the point; NaN
 * for anything else. Throws a RangeError for a number with more digits after the point, or more than 15 in all.
 */
export function parseDecimal(text: Text, decimals: number): number {
  const { buffer, start, end } = text
  const negative = buffer[start] === MINUS
  let units = 0
  let digits = 0
  let point = -1
  for (let at = negative || buffer[start] === PLUS ? start + 1 : start; at < end; at++) {
    const byte = buffer[at] ?? 0
    if (byte === POINT && point < 0) point = digits
    else if (byte < ZERO || byte > ZERO + 9) return Number.NaN
    else {
      units = units * 10 + byte - ZERO
      digits++
    }
  }
  if (digits === 0) return Number.NaN
  const missing = decimals - (point < 0 ? 0 : digits - point)
  if (missing < 0)
    throw new RangeError(`${text.toString()} has ${decimals - missing} digits after the point, not ${decimals}`)
  if (digits + missing > DIGITS_MAX) throw new RangeError(`${text.toString()} has more than ${DIGITS_MAX} digits`)
  if (missing > 0) units *= 10 ** missing
  // Never -0.
  return negative ? 0 - units : units
}

/** Such a number as it is written: with all its decimals. */
export function showDecimal(units: number | bigint, decimals: number): string {
  const digits = String(units < 0 ? -units : units).padStart(decimals + 1, '0')
  const point = digits.length - decimals
  return `${units < 0 ? '-' : ''}${digits.slice(0, point)}${decimals > 0 ? '.' : ''}${digits.slice(point)}`
}
