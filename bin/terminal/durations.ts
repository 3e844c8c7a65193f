/** Durations for people, from milliseconds: `840 ms`, `3.2 s`, `2 min 05 s`, `1 h 02 min`. */
export function humanDuration(milliseconds: number): string {
  if (milliseconds < 0) return `-${humanDuration(-milliseconds)}`
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`
}

const two = (value: number): string => String(value).padStart(2, '0')
