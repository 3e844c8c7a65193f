/** In steps of sixteen bytes, the last of which may run over the end. */
// @ts-ignore: decorator
@inline
export function copyOver(to: usize, from: usize, length: u32): void {
  if (length > 512) {
    memory.copy(to, from, length)
    return
  }
  const end = from + length
  while (from < end) {
    v128.store(to, v128.load(from))
    from += 16
    to += 16
  }
}
