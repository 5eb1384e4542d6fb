import type { Envelope } from './envelope.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** WebOb's page, from whose title and text glanceclient and openstacksdk take what they show; quota is 413. */
export const glanceEnvelope: Envelope = {
  name: 'glance',
  contentType: 'text/html; charset=UTF-8',
  statuses: { overQuota: 413 },
  render: ({ status, title, message }) => {
    const heading = `${status} ${title}`;
    const text = message.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
    return `<html>\n <head>\n  <title>${heading}</title>\n </head>\n <body>\n  <h1>${heading}</h1>\n  ${text}<br /><br />\n\n\n\n </body>\n</html>`;
  },
};
