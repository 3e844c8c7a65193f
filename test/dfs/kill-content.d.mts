export function contentOf(name: string): Buffer
