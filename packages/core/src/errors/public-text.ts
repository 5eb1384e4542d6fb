/** An absolute path or a URL; what guests call their disks is neither. */
const PLACE = /(?:[a-z][a-z0-9+.-]*:\/\/|(?<![\w./])\/(?!dev\/[sv]d[a-z]))[^\s'"`,;()[\]{}<>]+/gi;

/** A text for users, of an error that quotes a driver or a tool: without the host's paths and addresses. */
export function publicText(text: string): string {
  return text.replace(PLACE, (place) => `…${/[.:]$/.exec(place)?.[0] ?? ''}`);
}
