const prefixes = ['K', 'M', 'G', 'T', 'P', 'E'] as const

/**
 * Sizes as `hadoop fs -h` writes them: `12`, `1 K`, `1.5 M`. A whole number of units has no decimals; no `B`, because
 * scripts and eyes used to Hadoop know the bare letter.
 */
export function hadoopBytes(bytes: number): string {
  const { value, prefix } = scale(bytes)
  return prefix === '' ? String(bytes) : `${Number.isInteger(value) ? value : value.toFixed(1)} ${prefix}`
}

/** Sizes for people: `12 B`, `1.5 KiB`, `64 MiB`. Three significant figures at most. */
export function humanBytes(bytes: number): string {
  const { value, prefix } = scale(bytes)
  if (prefix === '') return `${bytes} B`
  const digits = Math.abs(value) < 10 && !Number.isInteger(value) ? 1 : 0
  return `${value.toFixed(digits)} ${prefix}iB`
}

/** `12 MiB/s`; a time of nothing gives `-`, not infinity. */
export function humanRate(bytes: number, milliseconds: number): string {
  return milliseconds > 0 ? `${humanBytes(Math.round((bytes * 1000) / milliseconds))}/s` : '-'
}

function scale(bytes: number): { value: number; prefix: '' | (typeof prefixes)[number] } {
  let value = bytes
  let prefix: '' | (typeof prefixes)[number] = ''
  for (const next of prefixes) {
    // Rounding must not show 1024 of a unit: 1048575 is `1 M`, not `1024.0 K`.
    if (Math.abs(value) < (prefix === '' ? 1024 : 1023.95)) break
    value /= 1024
    prefix = next
  }
  return { value, prefix }
}
