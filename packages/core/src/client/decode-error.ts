import { KumoError } from '../errors/index.ts';
import { kindOf } from '../http/envelopes/envelope.ts';

const LONGEST_MESSAGE = 2000;

interface Told {
  readonly code: string;
  readonly message: string;
}

/**
 * The error that a service answered with, whichever envelope it is in: kind by status, code and message from the body.
 * `params.service` is the daemon that said it, `params.status` its status.
 */
export function decodeError(
  service: string,
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: Buffer,
): KumoError {
  const told = read(body.toString('utf8')) ?? { code: `Http${status}`, message: `${service} answered ${status}.` };
  const retryAfter = headers['retry-after'];
  const requestId = headers['x-openstack-request-id'];
  return new KumoError(
    kindOf(status),
    told.code,
    told.message.slice(0, LONGEST_MESSAGE),
    { service, status, requestId: typeof requestId === 'string' ? requestId : undefined },
    { retryable: status === 503, headers: typeof retryAfter === 'string' ? { 'Retry-After': retryAfter } : {} },
  );
}

function read(text: string): Told | undefined {
  if (text.trimStart().startsWith('{')) return readJson(text);
  if (text.includes('<h1>')) return readPage(text);
  return undefined;
}

function readJson(text: string): Told | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Half a reply, or a proxy's words: the status says enough.
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  if (Array.isArray(value.errors) && isRecord(value.errors[0])) {
    const { code, title, detail } = value.errors[0];
    return told(code ?? title, detail ?? title);
  }
  // Keystone `error`, Neutron `NeutronError`, Nova and Cinder one key named after the fault.
  const [key, fault] = Object.entries(value)[0] ?? [];
  if (typeof fault === 'string') return told(key, fault);
  if (!isRecord(fault)) return undefined;
  return told(fault.type ?? (key === 'error' ? fault.title : key), fault.message);
}

/** Glance's page: `<h1>404 Not Found</h1> text<br />`. */
function readPage(text: string): Told | undefined {
  const match = /<h1>\s*\d{3}\s+([^<]*)<\/h1>([\s\S]*?)(?:<br|<\/body)/.exec(text);
  if (!match) return undefined;
  const message = (match[2] ?? '').replace(/<[^>]+>/g, '').trim();
  return told((match[1] ?? '').replaceAll(' ', ''), plain(message) || match[1]);
}

function plain(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

function told(code: unknown, message: unknown): Told | undefined {
  return typeof code === 'string' && typeof message === 'string'
    ? { code: code.replaceAll(' ', ''), message }
    : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
